package settings

import "strings"

// checkWorkflows asks for everything that the roles of GitHub Actions need, or nothing.
func (c *checker) checkWorkflows(s *Settings) {
	at := c.top("workflows")
	repository := at.child("repository")
	preview, up := at.child("previewEnvironment"), at.child("upEnvironment")
	if c.written[repository.key] {
		c.require(preview, repository, "name the GitHub environment whose jobs preview")
		c.require(up, repository, "name the GitHub environment whose jobs update, and require a review for it")
	} else {
		for _, other := range []place{at.child("oidcProvider"), preview, up} {
			if c.written[other.key] {
				c.require(repository, other, "name the repository of source.owner that holds the program, or leave out all of workflows")
				break
			}
		}
		if !c.hasProblem(repository) {
			c.refuseUnused(c.top("organization").child("previewRoleArn"), "without "+repository.name())
		}
	}
	// GitHub, managing environments: their names are not case-sensitive.
	w := s.Workflows
	if w.UpEnvironment != "" && !c.hasProblem(up) && strings.EqualFold(w.PreviewEnvironment, w.UpEnvironment) {
		c.add(up, show(w.UpEnvironment), "is also the environment of previews, and GitHub ignores case",
			"name two, or every job that may preview may update")
	}
}
