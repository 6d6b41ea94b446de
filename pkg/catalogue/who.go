package catalogue

import (
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// may are the ARNs and patterns of all who may make a call: deployers and the
// break-glass role, and who the row names, of one app or (app empty) of all. also
// are the roles that settings do not know: those of Rotation.
func may(s *settings.Settings, app string, by, also []string) []string {
	p := naming.New(s)
	who := append(p.Deployers(s), s.Access.BreakGlassArn)
	for _, duty := range present(s, by) {
		switch duty {
		case Execution:
			for _, a := range s.Apps {
				if app == "" || a.Name == app {
					who = append(who, a.ExecutionRoleArn)
				}
			}
		case People:
			who = append(who, s.Access.ApproverArns...)
		case Mergers:
			who = append(who, s.Source.MergerArns...)
		case Trigger:
			who = append(who, p.Role("", naming.Dispatcher).ARN)
		case ServiceLinked:
			who = append(who, p.ServiceLinkedRoles())
		case Rotation:
			who = append(who, also...)
		default:
			switch {
			case !naming.PerApp(duty):
				who = append(who, p.Role("", duty).ARN)
			case app == "":
				who = append(who, p.Roles(duty))
			default:
				who = append(who, p.Role(app, duty).ARN)
			}
		}
	}
	return unique(who)
}

// present are those duties that the stack has a role of.
func present(s *settings.Settings, by []string) []string {
	return slices.DeleteFunc(slices.Clone(by), func(duty string) bool {
		switch duty {
		case naming.Sign:
			return !s.Signs()
		case naming.Shift:
			return nothingShifts(s)
		case Trigger, Mergers:
			return !s.FromCodeCommit()
		}
		return false
	})
}

// only begins the Sid of a statement: OnlyPipelineBuild.
func only(by []string) string {
	if len(by) == 0 {
		return "OnlyDeployers"
	}
	sid := "Only"
	for _, duty := range by {
		sid += strings.ToUpper(duty[:1]) + duty[1:]
	}
	return sid
}
