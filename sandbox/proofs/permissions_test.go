package proofs

import (
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
)

// theApp is the app in both stacks' configuration, and another the second app.
func (w *world) theApp() delivered {
	role := "arn:aws:iam::" + w.account() + ":role/cruddur-"
	return delivered{name: "backend-flask", cluster: "cruddur", service: "backend-flask", executionRole: role + "execution", taskRole: role + "task"}
}

func (w *world) another() delivered {
	return delivered{name: "frontend-react-js", cluster: "cruddur", service: "frontend", executionRole: "arn:aws:iam::" + w.account() + ":role/frontend-execution"}
}

// secondAppProd adds the second app, with its own execution role.
func secondAppProd(text string) string {
	return strings.Replace(secondApp(text), "ACCOUNT:role/cruddur-execution", "222222222222:role/frontend-execution", 1)
}

// listener is the listener of the app that CodeDeploy deploys.
const listener = "arn:aws:elasticloadbalancing:eu-west-2:222222222222:listener/app/cruddur/0123456789abcdef/0123456789abcdef"

// targetGroup is one of the app's two target groups.
const targetGroup = "backend-blue"

// blueGreen makes CodeDeploy deploy the app of prod.
var shifted = replace("      deployTimeout: 30\n", `      deployment:
        kind: blue-green
        listenerArn: `+listener+`
        targetGroups: [`+targetGroup+`, backend-green]
        containerPort: 4567
        alarms: [backend-5xx]
`)

// TestPermissions_NoWayAround evaluates the policies of a deployed stack with every feature and
// two apps.
func TestPermissions_NoWayAround(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", secondAppProd, shifted)
	w.tellChat("https://chat.example.com/services/T0/B0/x")
	w.up()
	e := w.readEstate()
	first, second := w.theApp(), w.another()
	first.listener = listener
	both := []delivered{first, second}
	t.Run("every name in a document exists", e.assertKnownToAWS)
	t.Run("least privilege", func(t *testing.T) { e.assertLeastPrivilege(t, both) })
	t.Run("plain HTTP is denied", func(t *testing.T) { e.assertTLSOnly(t, both) })
	t.Run("apps are separated", func(t *testing.T) { e.assertAppsSeparated(t, first, second); e.assertAppsSeparated(t, second, first) })
	t.Run("nobody outside the organization", func(t *testing.T) { e.assertNobodyOutside(t, first) })
	t.Run("builds run as declared", func(t *testing.T) { e.assertNoBuildOverride(t, first) })
	t.Run("the catalogue", func(t *testing.T) { e.assertCatalogue(t, both, append(committed, catalogue.Hub)...) })
}
