package proof

import (
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
)

// theApp is the app of both stacks' configuration, and another the second app.
func (w *world) theApp() delivered {
	role := "arn:aws:iam::" + w.account() + ":role/cruddur-"
	return delivered{"backend-flask", "cruddur", "backend-flask", role + "execution", role + "task"}
}

func (w *world) another() delivered {
	return delivered{"frontend-react-js", "cruddur", "frontend", "arn:aws:iam::" + w.account() + ":role/frontend-execution", ""}
}

// secondAppProd is the second app, with an execution role of its own.
func secondAppProd(text string) string {
	return strings.Replace(secondApp(text), "ACCOUNT:role/cruddur-execution", "222222222222:role/frontend-execution", 1)
}

// TestNobodyGetsAround decides from the documents of a stack that is up, with
// everything on and two apps: who may do what.
func TestNobodyGetsAround(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", secondAppProd)
	w.up()
	e := w.readEstate()
	first, second := w.theApp(), w.another()
	both := []delivered{first, second}
	t.Run("what documents name exists", e.existing)
	t.Run("the legitimate run, and no more", func(t *testing.T) { e.walkable(t, both) })
	t.Run("over plain HTTP", func(t *testing.T) { e.encryptedOnly(t, both) })
	t.Run("one app for another", func(t *testing.T) { e.apart(t, first, second); e.apart(t, second, first) })
	t.Run("the catalogue", func(t *testing.T) { e.attacked(t, both, catalogue.Hub) })
}
