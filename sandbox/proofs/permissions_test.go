package proofs

import (
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
)

// theApp is the app of both stacks' configuration, and another the second app.
func (w *world) theApp() delivered {
	role := "arn:aws:iam::" + w.account() + ":role/cruddur-"
	return delivered{name: "backend-flask", cluster: "cruddur", service: "backend-flask", executionRole: role + "execution", taskRole: role + "task"}
}

func (w *world) another() delivered {
	return delivered{name: "frontend-react-js", cluster: "cruddur", service: "frontend", executionRole: "arn:aws:iam::" + w.account() + ":role/frontend-execution"}
}

// secondAppProd is the second app, with an execution role of its own.
func secondAppProd(text string) string {
	return strings.Replace(secondApp(text), "ACCOUNT:role/cruddur-execution", "222222222222:role/frontend-execution", 1)
}

// listener is that of the app, where CodeDeploy deploys it.
const listener = "arn:aws:elasticloadbalancing:eu-west-2:222222222222:listener/app/cruddur/0123456789abcdef/0123456789abcdef"

// shifted lets CodeDeploy deploy the app of prod.
var shifted = replace("      deployTimeout: 30\n", `      deployment:
        kind: blue-green
        listenerArn: `+listener+`
        targetGroups: [backend-blue, backend-green]
        containerPort: 4567
        alarms: [backend-5xx]
`)

// TestPermissions_NoWayAround decides from the documents of a stack that is up, with
// everything on and two apps: who may do what.
func TestPermissions_NoWayAround(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", secondAppProd, shifted)
	w.tellChat("https://chat.example.com/services/T0/B0/x")
	w.up()
	e := w.readEstate()
	first, second := w.theApp(), w.another()
	first.listener = listener
	both := []delivered{first, second}
	t.Run("what documents name exists", e.existing)
	t.Run("the legitimate run, and no more", func(t *testing.T) { e.walkable(t, both) })
	t.Run("over plain HTTP", func(t *testing.T) { e.encryptedOnly(t, both) })
	t.Run("one app for another", func(t *testing.T) { e.apart(t, first, second); e.apart(t, second, first) })
	t.Run("the catalogue", func(t *testing.T) { e.attacked(t, both, append(committed, catalogue.Hub)...) })
}
