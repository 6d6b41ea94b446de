package settings

import "strings"

// checkWorkflows requires every key that the roles of GitHub Actions need, or none.
func (c *checker) checkWorkflows(s *Settings) {
	at := c.top("workflows")
	repository := at.child("repository")
	preview, up := at.child("previewEnvironment"), at.child("upEnvironment")
	reviewers := at.child("reviewers")
	if c.isSet[repository.key] {
		c.require(preview, repository, "name the GitHub environment whose jobs preview")
		c.require(up, repository, "name the GitHub environment whose jobs update")
		if mergers := len(s.Source.Mergers); (mergers == 0 || mergers > maxReviewers) && !c.hasProblem(c.top("source")) {
			c.require(reviewers, repository, "name 1 to 6 people or teams that approve the jobs of the environment for updates")
		}
		if c.isSet[reviewers.key] {
			c.checkHandles(reviewers, s.Workflows.Reviewers, s.Source.Owner)
		}
	} else {
		for _, other := range []place{at.child("oidcProvider"), preview, up, at.child("previewWorkflow"), at.child("upWorkflow"), reviewers} {
			if c.isSet[other.key] {
				c.require(repository, other, "name the repository of source.owner that holds the program, or leave out all of workflows")
				break
			}
		}
		if !c.hasProblem(repository) {
			c.refuseUnused(c.top("organization").child("previewRoleArn"), "without "+repository.name())
		}
	}
	// GitHub, managing environments: names of environments are not case-sensitive.
	w := s.Workflows
	if w.UpEnvironment != "" && !c.hasProblem(up) && strings.EqualFold(w.PreviewEnvironment, w.UpEnvironment) {
		c.add(up, show(w.UpEnvironment), "is also the environment of previews, and GitHub ignores case",
			"name two, or every job that may preview may update")
	}
}
