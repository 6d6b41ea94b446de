"""IAM Access Analyzer: analyzers and their archive rules. Nothing is analysed."""

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow

from . import core
from .core import Error, Params
from .tagging import Tagged


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: dict[str, Params] = {}
        self.archive_rules: dict[str, dict[str, Params]] = {}
        self.tags: dict[str, dict[str, str]] = {}


accessanalyzer_backends = BackendDict(State, "accessanalyzer")


class AccessAnalyzer(Tagged, core.Service):
    model = "accessanalyzer"
    backends = accessanalyzer_backends
    state: State

    @staticmethod
    def not_found(arn: str) -> Error:
        return Error("ResourceNotFoundException", f"Resource not found: {arn}")

    def arn(self, resource: str) -> str:
        """AWS writes the service with a hyphen in ARNs."""
        return super().arn(resource).replace(":accessanalyzer:", ":access-analyzer:")

    def create_analyzer(self, params: Params) -> Params:
        """AWS allows one analyzer of each type per account and region; a name is unique."""
        name, kind = params["analyzerName"], params["type"]
        if name in self.state.analyzers:
            raise Error("ConflictException", f"An analyzer with the name {name} already exists.")
        if any(analyzer["type"] == kind for analyzer in self.state.analyzers.values()):
            raise Error("ServiceQuotaExceededException", f"The maximum number of analyzers of type {kind} is 1.")
        arn = self.arn(f"analyzer/{name}")
        self.state.analyzers[name] = {
            "arn": arn,
            "name": name,
            "type": kind,
            "createdAt": utcnow(),
            "status": "ACTIVE",
            "configuration": params.get("configuration"),
        }
        self.state.tags[arn] = params.get("tags", {})
        self.state.archive_rules[name] = {}
        for rule in params.get("archiveRules", []):
            self.create_archive_rule(rule | {"analyzerName": name})
        return {"arn": arn}

    def get_analyzer(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        analyzer = self._analyzer(params)
        return {"analyzer": analyzer | {"tags": self.state.tags[analyzer["arn"]]}}

    def list_analyzers(self, params: Params) -> Params:
        """AWS filters by type."""
        return {
            "analyzers": [
                analyzer | {"tags": self.state.tags[analyzer["arn"]]}
                for analyzer in self.state.analyzers.values()
                if params.get("type") in (None, analyzer["type"])
            ]
        }

    def update_analyzer(self, params: Params) -> Params:
        """AWS replaces the configuration."""
        analyzer = self._analyzer(params)
        analyzer["configuration"] = params.get("configuration", analyzer["configuration"])
        return {"configuration": analyzer["configuration"]}

    def delete_analyzer(self, params: Params) -> None:
        """AWS deletes the archive rules with their analyzer."""
        del self.state.tags[self._analyzer(params)["arn"]]
        del self.state.archive_rules[params["analyzerName"]]
        del self.state.analyzers[params["analyzerName"]]

    def create_archive_rule(self, params: Params) -> None:
        """AWS rejects a name that is in use."""
        self._analyzer(params)
        rules = self.state.archive_rules[params["analyzerName"]]
        if params["ruleName"] in rules:
            raise Error("ConflictException", f"An archive rule with the name {params['ruleName']} already exists.")
        now = utcnow()
        rules[params["ruleName"]] = {
            "ruleName": params["ruleName"],
            "filter": params["filter"],
            "createdAt": now,
            "updatedAt": now,
        }

    def get_archive_rule(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"archiveRule": self._rule(params)}

    def list_archive_rules(self, params: Params) -> Params:
        """AWS returns all rules of one analyzer."""
        self._analyzer(params)
        return {"archiveRules": list(self.state.archive_rules[params["analyzerName"]].values())}

    def update_archive_rule(self, params: Params) -> None:
        """AWS replaces the filter."""
        self._rule(params).update(filter=params["filter"], updatedAt=utcnow())

    def delete_archive_rule(self, params: Params) -> None:
        """AWS rejects a name that does not exist."""
        self._rule(params)
        del self.state.archive_rules[params["analyzerName"]][params["ruleName"]]

    def list_findings(self, params: Params) -> Params:
        """AWS returns its findings; here there are none."""
        return {"findings": []}

    def list_findings_v2(self, params: Params) -> Params:
        """AWS returns its findings; here there are none."""
        return {"findings": []}

    def _analyzer(self, params: Params) -> Params:
        if params["analyzerName"] not in self.state.analyzers:
            raise Error("ResourceNotFoundException", f"Analyzer not found: {params['analyzerName']}")
        return self.state.analyzers[params["analyzerName"]]

    def _rule(self, params: Params) -> Params:
        self._analyzer(params)
        rules = self.state.archive_rules[params["analyzerName"]]
        if params["ruleName"] not in rules:
            raise Error("ResourceNotFoundException", f"Archive rule not found: {params['ruleName']}")
        return rules[params["ruleName"]]


def install() -> None:
    core.serve(AccessAnalyzer, "access-analyzer")
