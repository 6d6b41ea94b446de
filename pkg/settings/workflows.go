package settings

import "strings"

// workflows have all that their roles need, or nothing.
func (c *checker) workflows(s *Settings) {
	at := c.top("workflows")
	repository := at.child("repository")
	preview, up := at.child("previewEnvironment"), at.child("upEnvironment")
	if c.written[repository.key] {
		c.needs(preview, repository, "name the GitHub environment whose jobs preview")
		c.needs(up, repository, "name the GitHub environment whose jobs update, and let it ask for a review")
	} else {
		for _, other := range []place{at.child("oidcProvider"), preview, up} {
			if c.written[other.key] {
				c.needs(repository, other, "name the repository of source.owner that holds the program, or leave out all of workflows")
				break
			}
		}
	}
	// GitHub, managing environments: their names are not case-sensitive.
	w := s.Workflows
	if w.UpEnvironment != "" && !c.wrong(up) && strings.EqualFold(w.PreviewEnvironment, w.UpEnvironment) {
		c.add(up, show(w.UpEnvironment), "is the environment of previews too, and GitHub knows no difference of case",
			"name two, or every job that may preview may update")
	}
}
