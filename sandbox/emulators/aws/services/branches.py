"""The operations of CodeCommit on branches, commits and files, and the events about them."""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.events.models import events_backends

from .core import Error, Params
from .git_objects import Commit, Commits, Conflict, File, Files, find_clash, merge_base, merge_files, tree_id

_HEADS = "refs/heads/"


@dataclass
class Repository:
    metadata: Params
    branches: dict[str, str] = field(default_factory=dict)
    commits: Commits = field(default_factory=dict)
    triggers: list[Params] = field(default_factory=list)
    # The names of its approval rule templates.
    templates: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.metadata["repositoryName"])

    def find(self, specifier: str) -> str | None:
        """Finds the id of a commit by its id, by a branch, or by HEAD."""
        if specifier == "HEAD":
            specifier = self.metadata.get("defaultBranch", "")
        named = self.branches.get(specifier.removeprefix(_HEADS), specifier)
        return named if named in self.commits else None


class Branches:
    state: Any
    current_account: str
    region: str
    caller: str

    def list_branches(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"branches": list(self._repository(params).branches)}

    def get_branch(self, params: Params) -> Params:
        """AWS returns the commit at the branch's tip."""
        repository, name = self._repository(params), params["branchName"]
        return {"branch": {"branchName": name, "commitId": _tip(repository, name)}}

    def create_branch(self, params: Params) -> None:
        """AWS rejects a missing commit, and an existing branch."""
        repository, name = self._repository(params), params["branchName"]
        if name in repository.branches:
            raise Error("BranchNameExistsException", f"Branch {name} already exists")
        if params["commitId"] not in repository.commits:
            raise Error("CommitDoesNotExistException", f"Commit {params['commitId']} does not exist")
        self._set_branch(repository, name, params["commitId"])

    def delete_branch(self, params: Params) -> Params:
        """AWS never deletes the default branch, and accepts a name that does not exist."""
        repository, name = self._repository(params), params["branchName"]
        if name == repository.metadata.get("defaultBranch"):
            raise Error("DefaultBranchCannotBeDeletedException", f"Branch {name} is the default branch")
        if name not in repository.branches:
            return {}
        deleted = repository.branches[name]
        self._set_branch(repository, name, None)
        return {"deletedBranch": {"branchName": name, "commitId": deleted}}

    def get_commit(self, params: Params) -> Params:
        """AWS returns dates as git writes them."""
        key, repository = params["commitId"], self._repository(params)
        if key not in repository.commits:
            raise Error("CommitIdDoesNotExistException", f"Commit {key} does not exist")
        commit = repository.commits[key]
        who = {"name": commit.name, "email": commit.email, "date": f"{commit.made} +0000"}
        return {
            "commit": {
                "commitId": key,
                "treeId": commit.tree,
                "parents": commit.parents,
                "message": commit.message,
                "author": who,
                "committer": who,
                "additionalData": "",
            }
        }

    def get_file(self, params: Params) -> Params:
        """AWS uses the default branch if no commit is named."""
        repository = self._repository(params)
        key, path = _commit_of(repository, params.get("commitSpecifier", "HEAD")), _path(params)
        file = repository.commits[key].files.get(path)
        if file is None:
            raise Error("FileDoesNotExistException", f"File {path} does not exist in {key}")
        return {
            "commitId": key,
            "blobId": file.key,
            "filePath": path,
            "fileMode": file.mode,
            "fileSize": len(file.content),
            "fileContent": file.content,
        }

    def get_folder(self, params: Params) -> Params:
        """AWS returns the files and folders directly in a folder, of the default branch where no commit is named."""
        repository = self._repository(params)
        key, folder = _commit_of(repository, params.get("commitSpecifier", "HEAD")), params["folderPath"].strip("/")
        commit, prefix = repository.commits[key], f"{folder}/" if folder else ""
        inside = {path.removeprefix(prefix): file for path, file in commit.files.items() if path.startswith(prefix)}
        if not inside:
            raise Error("FolderDoesNotExistException", f"Folder {params['folderPath']} does not exist in {key}")
        folders = sorted({name.partition("/")[0] for name in inside if "/" in name})
        return {
            "commitId": key,
            "folderPath": folder,
            "treeId": tree_id(inside),
            "subFolders": [
                {"absolutePath": prefix + name, "relativePath": name, "treeId": tree_id(_below(inside, name))}
                for name in folders
            ],
            "files": [
                {"absolutePath": prefix + name, "relativePath": name, "blobId": file.key, "fileMode": file.mode}
                for name, file in sorted(inside.items())
                if "/" not in name
            ],
        }

    def create_commit(self, params: Params) -> Params:
        """AWS requires the branch's tip as the parent. The first commit creates the default branch."""
        repository = self._repository(params)
        before, parents = _parent_files(repository, params)
        puts, deletes = params.get("putFiles", []), params.get("deleteFiles", [])
        modes = params.get("setFileModes", [])
        paths = [_path(entry) for entry in (*puts, *deletes, *modes)]
        if not paths:
            raise Error("FileEntryRequiredException", "A commit needs files that are put, deleted or changed")
        if len(set(paths)) < len(paths):
            raise Error("SamePathRequestException", "A path is named more than once")
        files = dict(before)
        for entry in (*deletes, *modes):
            if _path(entry) not in before:
                raise Error("FileDoesNotExistException", f"File {_path(entry)} does not exist")
        for entry in deletes:
            del files[_path(entry)]
        for entry in modes:
            files[_path(entry)] = File(before[_path(entry)].content, entry["fileMode"])
        for entry in puts:
            files[_path(entry)] = _new_file(before, files, entry)
        if files == before:
            raise Error("NoChangeException", "The commit changes nothing")
        commit = self._store_commit(repository, files, parents, params)
        self._set_branch(repository, params["branchName"], commit.key)
        changed = {path: file for path, file in files.items() if before.get(path) != file}
        return {
            "commitId": commit.key,
            "treeId": commit.tree,
            "filesAdded": _file_list({path: file for path, file in changed.items() if path not in before}),
            "filesUpdated": _file_list({path: file for path, file in changed.items() if path in before}),
            "filesDeleted": _file_list({path: file for path, file in before.items() if path not in files}),
        }

    def put_file(self, params: Params) -> Params:
        """AWS rejects content that the file already has."""
        repository, path = self._repository(params), _path(params)
        before, parents = _parent_files(repository, params)
        file = File(params["fileContent"], params.get("fileMode", "NORMAL"))
        if before.get(path) == file:
            raise Error("SameFileContentException", f"File {path} has that content already")
        commit = self._store_commit(repository, before | {path: file}, parents, params)
        self._set_branch(repository, params["branchName"], commit.key)
        return {"commitId": commit.key, "treeId": commit.tree, "blobId": file.key}

    def delete_file(self, params: Params) -> Params:
        """AWS returns the deleted file."""
        repository, path = self._repository(params), _path(params)
        before, parents = _parent_files(repository, params)
        if path not in before:
            raise Error("FileDoesNotExistException", f"File {path} does not exist")
        files = {name: file for name, file in before.items() if name != path}
        commit = self._store_commit(repository, files, parents, params)
        self._set_branch(repository, params["branchName"], commit.key)
        return {"commitId": commit.key, "treeId": commit.tree, "blobId": before[path].key, "filePath": path}

    def get_merge_commit(self, params: Params) -> Params:
        """AWS returns the merge base, and the commit that merged the two, if any."""
        repository = self._repository(params)
        source, destination = self._resolve_commits(repository, params)
        found = (key for key, commit in repository.commits.items() if commit.parents == [destination, source])
        return {
            "sourceCommitId": source,
            "destinationCommitId": destination,
            "baseCommitId": merge_base(repository.commits, source, destination),
            "mergedCommitId": next(found, None),
        }

    def merge_branches_by_fast_forward(self, params: Params) -> Params:
        """AWS fast-forwards the branch to the source, which must be ahead of it."""
        return self._merge_branches(params, "FAST_FORWARD_MERGE")

    def merge_branches_by_squash(self, params: Params) -> Params:
        """AWS creates one commit with all changes of the source."""
        return self._merge_branches(params, "SQUASH_MERGE")

    def merge_branches_by_three_way(self, params: Params) -> Params:
        """AWS creates a commit with two parents."""
        return self._merge_branches(params, "THREE_WAY_MERGE")

    def _merge_branches(self, params: Params, option: str) -> Params:
        repository = self._repository(params)
        source, destination = self._resolve_commits(repository, params)
        branch = params.get("targetBranch", params["destinationCommitSpecifier"]).removeprefix(_HEADS)
        if _tip(repository, branch) != destination:
            raise Error("ConcurrentReferenceUpdateException", f"{destination} is not the tip of {branch}")
        commit = self._merge(repository, branch, source, option, params)
        return {"commitId": commit.key, "treeId": commit.tree}

    def _merge(self, repository: Repository, branch: str, source: str, option: str, params: Params) -> Commit:
        """Merges the source into the branch, unless the branch contains it."""
        commits, destination = repository.commits, repository.branches[branch]
        base, strategy = merge_base(commits, source, destination), params.get("conflictResolutionStrategy", "NONE")
        if base == source:
            return commits[destination]
        manual_merge = Error(
            "ManualMergeRequiredException", f"{source} cannot be merge_files into {branch} automatically"
        )
        if base is None or (option == "FAST_FORWARD_MERGE" and base != destination):
            raise manual_merge
        if option == "FAST_FORWARD_MERGE":
            commit = commits[source]
        else:
            try:
                files = merge_files(commits[base].files, commits[destination].files, commits[source].files, strategy)
            except Conflict:
                raise manual_merge from None
            parents = [destination] if option == "SQUASH_MERGE" else [destination, source]
            details = {"commitMessage": f"Merge {source} into {branch}"} | params
            commit = self._store_commit(repository, files, parents, details)
        detail = {"baseCommitId": base, "sourceCommitId": source, "destinationCommitId": destination}
        if option != "FAST_FORWARD_MERGE":
            detail["conflictDetailsLevel"] = params.get("conflictDetailLevel", "FILE_LEVEL")
            detail["conflictResolutionStrategy"] = strategy
        self._set_branch(repository, branch, commit.key, mergeOption=option, **detail)
        return commit

    def _resolve_commits(self, repository: Repository, params: Params) -> tuple[str, str]:
        source = _commit_of(repository, params["sourceCommitSpecifier"])
        return source, _commit_of(repository, params["destinationCommitSpecifier"])

    def _store_commit(self, repository: Repository, files: Files, parents: list[str], params: Params) -> Commit:
        """Stores a commit of the caller, on no branch yet."""
        if path := find_clash(files):
            raise Error("FileNameConflictsWithDirectoryNameException", f"{path} is a file and a folder")
        name = params.get("authorName") or params.get("name") or self.caller.rpartition("/")[2]
        commit = Commit(files, parents, params.get("commitMessage", ""), name, params.get("email", ""))
        return repository.commits.setdefault(commit.key, commit)

    def _set_branch(self, repository: Repository, branch: str, commit: str | None, **merge: str) -> None:
        """Sets a branch to a commit, or deletes it, and puts the event."""
        old = repository.branches.pop(branch, None)
        if commit is not None:
            repository.branches[branch] = commit
            repository.metadata.setdefault("defaultBranch", branch)
        detail = {
            "event": f"reference{'Deleted' if commit is None else 'Updated' if old else 'Created'}",
            "repositoryName": repository.name,
            "repositoryId": repository.metadata["repositoryId"],
            "referenceType": "branch",
            "referenceName": branch,
            "referenceFullName": _HEADS + branch,
            "commitId": commit,
            "oldCommitId": old,
        }
        self._put_event("Repository State Change", [repository], detail | merge)
        self._update_pull_requests(repository, branch)

    def _update_pull_requests(self, repository: Repository, branch: str) -> None:
        """Updates what depends on the tip of a branch."""

    def _put_event(self, what: str, repositories: list[Repository], detail: Params) -> None:
        """Puts AWS's event on the default bus."""
        detail = {name: value for name, value in detail.items() if value is not None} | {"callerUserArn": self.caller}
        events_backends[self.current_account][self.region].put_events(
            [
                {
                    "Source": "aws.codecommit",
                    "DetailType": f"CodeCommit {what}",
                    "Resources": [repository.metadata["Arn"] for repository in repositories],
                    "Detail": json.dumps(detail),
                }
            ]
        )

    def _repository(self, params: Params) -> Repository:
        name = params["repositoryName"]
        if name not in self.state.repositories:
            raise Error("RepositoryDoesNotExistException", f"{name} does not exist")
        repository: Repository = self.state.repositories[name]
        return repository


def _tip(repository: Repository, branch: str) -> str:
    if branch not in repository.branches:
        raise Error("BranchDoesNotExistException", f"Branch {branch} does not exist")
    return repository.branches[branch]


def _commit_of(repository: Repository, specifier: str) -> str:
    key = repository.find(specifier)
    if key is None:
        raise Error("CommitDoesNotExistException", f"Commit {specifier} does not exist")
    return key


def _parent_files(repository: Repository, params: Params) -> tuple[Files, list[str]]:
    """The files that the next commit of a branch changes, and the parents of that commit."""
    parent, branch = params.get("parentCommitId"), params["branchName"]
    if repository.branches:
        tip = _tip(repository, branch)
        if parent is None:
            raise Error("ParentCommitIdRequiredException", f"The id of the commit at the tip of {branch} is needed")
        if parent in repository.commits and parent != tip:
            raise Error("ParentCommitIdOutdatedException", f"The parent commit is not the tip of {branch}")
    if parent is not None and parent not in repository.commits:
        raise Error("ParentCommitDoesNotExistException", f"Commit {parent} does not exist")
    return (repository.commits[parent].files, [parent]) if parent else ({}, [])


def _path(entry: Params) -> str:
    path = str(entry["filePath"]).strip("/")
    if {"", ".", ".."} & set(path.split("/")):
        raise Error("InvalidPathException", f"{entry['filePath']} is not valid")
    return path


def _new_file(before: Files, files: Files, entry: Params) -> File:
    source, content = entry.get("sourceFile"), entry.get("fileContent")
    if source is not None and content is not None:
        raise Error("FileContentAndSourceFileSpecifiedException", f"{entry['filePath']} has a content and a source")
    if source is not None:
        moved = _path(source)
        if moved not in before:
            raise Error("FileDoesNotExistException", f"File {moved} does not exist")
        if source.get("isMove"):
            files.pop(moved, None)
        return File(before[moved].content, entry.get("fileMode", before[moved].mode))
    if content is None:
        raise Error("SourceFileOrContentRequiredException", f"{entry['filePath']} needs a content or a source")
    return File(content, entry.get("fileMode", "NORMAL"))


def _below(files: Files, folder: str) -> Files:
    """The files of a folder, by their paths in it."""
    return {path.removeprefix(f"{folder}/"): file for path, file in files.items() if path.startswith(f"{folder}/")}


def _file_list(files: Files) -> list[Params]:
    return [{"absolutePath": path, "blobId": file.key, "fileMode": file.mode} for path, file in sorted(files.items())]
