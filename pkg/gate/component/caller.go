package component

import (
	"regexp"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// assumedRole is the ARN that AWS gives a session of a role: it has the role's name,
// without its path, and the session's name.
var assumedRole = regexp.MustCompile(`^arn:[^:]+:sts::[0-9]+:assumed-role/([^/]+)/`)

// RoleOfSession is the name of the role whose session a caller is; empty for any other
// caller.
func RoleOfSession(caller string) string {
	if name := assumedRole.FindStringSubmatch(caller); name != nil {
		return name[1]
	}
	return ""
}

// IsPreviewRole is whether a caller is the gate's own role for previews. An account has a
// role's name once, whatever the path.
func IsPreviewRole(s *settings.Settings, caller string) bool {
	return s.Workflows.Repository != "" && RoleOfSession(caller) == naming.New(s).Role("", naming.Preview).Name
}
