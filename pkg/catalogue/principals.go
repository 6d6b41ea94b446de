package catalogue

import (
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// authorizedARNs are the ARNs and patterns of the principals that may make a call: the deployers, the break-glass
// role, and those that the row names, of one app or (app empty) of all. rotators are the roles of Rotation, which
// settings do not name.
func authorizedARNs(s *settings.Settings, app string, duties, rotators []string) []string {
	p := naming.New(s)
	who := append(p.Deployers(s), s.Access.BreakGlassArn)
	for _, duty := range presentDuties(s, duties) {
		switch duty {
		case Execution:
			for _, a := range s.Apps {
				if app == "" || a.Name == app {
					who = append(who, a.ExecutionRoleArn)
				}
			}
		case Approvers:
			who = append(who, s.Access.ApproverArns...)
		case Mergers:
			who = append(who, s.Source.MergerArns...)
		case Trigger:
			who = append(who, p.Role("", naming.Dispatcher).ARN)
		case ServiceLinked:
			who = append(who, p.ServiceLinkedRoles())
		case Rotation:
			who = append(who, rotators...)
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

// presentDuties are the duties for which the stack has a role.
func presentDuties(s *settings.Settings, duties []string) []string {
	return slices.DeleteFunc(slices.Clone(duties), func(duty string) bool {
		switch duty {
		case naming.Sign:
			return !s.Signs()
		case naming.Shift:
			return hasNoBlueGreen(s)
		case Trigger, Mergers:
			return !s.UsesCodeCommit()
		}
		return false
	})
}

// exemptDuties are the duties that guardrails exempt from a call: those that may make it, and the gate's roles that may make
// another call on the same target. The boundaries of these roles deny them this one. A target so needs one statement for
// them, instead of one for each role.
func exemptDuties(s *settings.Settings, c Call) []string {
	duties := slices.Clone(c.Authorized)
	for _, other := range deniedBy(Guardrail, c.On) {
		for _, duty := range other.Authorized {
			if isGateRole(duty) && !slices.Contains(duties, duty) {
				duties = append(duties, duty)
			}
		}
	}
	return presentDuties(s, duties)
}

// isGateRole is whether a duty is that of a role that the gate makes, below a boundary.
func isGateRole(duty string) bool {
	return !slices.Contains([]string{Execution, Approvers, Mergers, ServiceLinked, Rotation}, duty)
}

// denySid begins the Sid of a statement: OnlyPipelineBuild.
func denySid(authorized []string) string {
	if len(authorized) == 0 {
		return "OnlyDeployers"
	}
	sid := "Only"
	for _, duty := range authorized {
		sid += strings.ToUpper(duty[:1]) + duty[1:]
	}
	return sid
}
