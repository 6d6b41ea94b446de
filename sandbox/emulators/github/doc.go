// Package github stands in for GitHub's API on a machine that cannot reach it.
//
// It answers the calls that terraform-provider-github, and so pulumi-github,
// makes for repositories, branches, files, branch protection, rulesets,
// environments and Actions, REST under /api/v3 and GraphQL under /api/graphql,
// as a GitHub Enterprise host does; and those that somebody makes who wants to get
// past a protection: pull requests, reviews, checks, merges, moved branches. Point a
// client at it with GITHUB_BASE_URL. Refusals carry the texts and status codes that
// GitHub uses, because programs and people read them: an unknown repository, a second
// rule for one pattern, a plan that lacks a feature, a commit to a protected branch.
//
// Its state is kept in one readable JSON file, written after every change.
// An unknown call is an error and is recorded in [Server.Unknown]: a
// test that reaches past the emulator fails, instead of passing on nothing.
//
// Some things differ from GitHub by intent. Commit ids are hashes, but not
// git's, and nothing can be cloned. URLs in answers name github.com and not the
// emulator, so that state does not change with the port. Workflows do not run: who
// has the token of an app reports what they would. Of CODEOWNERS' patterns, folders
// at the root and * are understood. A signature is whatever the token's owner says.
package github
