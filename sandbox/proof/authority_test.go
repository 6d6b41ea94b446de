package proof

import "testing"

// theApp is the app of both stacks' configuration.
func (w *world) theApp() delivered {
	role := "arn:aws:iam::" + w.account() + ":role/cruddur-"
	return delivered{"backend-flask", "cruddur", "backend-flask", role + "execution", role + "task"}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev")
	w.up()
	e := w.readEstate()
	t.Run("attack", func(t *testing.T) { e.attacked(t, []delivered{w.theApp()}) })
	t.Run("walk", func(t *testing.T) { e.walkable(t, []delivered{w.theApp()}) })
}
