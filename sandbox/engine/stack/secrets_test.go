package stack

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"gopkg.in/yaml.v3"
)

// userSalt returns the salt that Pulumi writes for the passphrase correct, and a secret that is
// encrypted with both.
func userSalt(t *testing.T, plain string) (salt, secret string) {
	t.Helper()
	crypter := config.NewSymmetricCrypterFromPassphrase("correct", []byte("12345678"))
	encrypt := func(text string) string {
		out, err := crypter.EncryptValue(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return "v1:MTIzNDU2Nzg=:" + encrypt("pulumi"), encrypt(plain)
}

// TestSecrets_AreEncryptedForTheSandbox configures a stack with a file that Pulumi
// encrypted. The sandbox's passphrase decrypts the copy.
func TestSecrets_AreEncryptedForTheSandbox(t *testing.T) {
	salt, secret := userSalt(t, "ops@example.com")
	text := []byte("encryptionsalt: " + salt + `
config:
  prodgate:account: "012345678901" # quoted
  github:token:
    secure: ` + secret + `
  prodgate:alerts:
    emails:
      - secure: ` + secret + "\n")
	for _, c := range []struct{ phrase, want string }{{"correct", "ops@example.com"}, {"wrong", unreadable}} {
		t.Setenv("PULUMI_CONFIG_PASSPHRASE", c.phrase)
		parsed, err := ParseConfig(text)
		if err != nil || parsed.Account != "012345678901" {
			t.Fatalf("%s: %v, %v", c.phrase, parsed, err)
		}
		if readable := len(parsed.Unreadable) == 0; readable != (c.phrase == "correct") {
			t.Errorf("%s: unreadable are %v", c.phrase, parsed.Unreadable)
		}
		if c.phrase == "wrong" && !slices.Equal(parsed.Unreadable, []string{"github:token", "prodgate:alerts.emails[0]"}) {
			t.Errorf("unreadable are %v", parsed.Unreadable)
		}
		s := newFolder(t)
		if err := s.Configure(parsed.Text); err != nil {
			t.Fatal(err)
		}
		written := contents(t, s)
		var file struct {
			Salt   string `yaml:"encryptionsalt"`
			Config struct {
				Account string                  `yaml:"prodgate:account"`
				Token   struct{ Secure string } `yaml:"github:token"`
				Alerts  struct {
					Emails []struct{ Secure string }
				} `yaml:"prodgate:alerts"`
			}
		}
		if err := yaml.Unmarshal(written, &file); err != nil {
			t.Fatalf("%s: %v\n%s", c.phrase, err, written)
		}
		crypter, err := openSalt(file.Salt, passphrase)
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.phrase, err, written)
		}
		for _, encrypted := range []string{file.Config.Token.Secure, file.Config.Alerts.Emails[0].Secure} {
			if got, err := crypter.DecryptValue(t.Context(), encrypted); err != nil || got != c.want {
				t.Errorf("%s: the secret is %q, %v", c.phrase, got, err)
			}
		}
		if file.Config.Account != "012345678901" || strings.Contains(string(written), c.want+"\n") && c.want != unreadable {
			t.Errorf("%s: written is\n%s", c.phrase, written)
		}
	}
}

// TestSecrets_PlainFileStaysAsItIs keeps a file without secrets, comments included.
func TestSecrets_PlainFileStaysAsItIs(t *testing.T) {
	t.Parallel()
	text := "# mine\nconfig:\n  prodgate:account:   \"111111111111\"\n"
	s := newFolder(t)
	for range 2 {
		if err := s.Configure([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if written := string(contents(t, s)); !strings.HasPrefix(written, text) || strings.Count(written, saltKey) != 1 {
			t.Errorf("written is\n%s", written)
		}
	}
}

// TestSecrets_FolderHeals configures a stack whose file has two salts, as earlier versions
// wrote it. YAML allows a key only once.
func TestSecrets_FolderHeals(t *testing.T) {
	t.Parallel()
	foreign, _ := userSalt(t, "")
	own, err := newSalt()
	if err != nil {
		t.Fatal(err)
	}
	for name, old := range map[string]string{
		"both salts":          saltKey + ": " + foreign + "\nconfig: {}\n" + saltKey + ": " + own + "\n",
		"the foreign one":     saltKey + ": " + foreign + "\n\n" + saltKey + ": " + foreign + "\n",
		"a broken file":       "config: [\n" + saltKey + ": nonsense\n",
		"nothing":             "",
		"the sandbox's, once": "config: {}\n" + saltKey + ": " + own + "\n",
	} {
		s := newFolder(t)
		if err := os.WriteFile(filepath.Join(s.project(), "Pulumi.dev.yaml"), []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := s.Configure([]byte("config: {}\n")); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var file map[string]any
		written := contents(t, s)
		if err := yaml.Unmarshal(written, &file); err != nil {
			t.Errorf("%s: %v\n%s", name, err, written)
			continue
		}
		salt, _ := file[saltKey].(string)
		if _, err := openSalt(salt, passphrase); err != nil {
			t.Errorf("%s: %v\n%s", name, err, written)
		}
		if strings.Contains(old, own) && salt != own {
			t.Errorf("%s: the stack's salt is lost", name)
		}
	}
}

func newFolder(t *testing.T) *Stack {
	t.Helper()
	s := &Stack{Name: "dev", Program: "/program", Dir: t.TempDir()}
	if err := os.MkdirAll(s.project(), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

func contents(t *testing.T, s *Stack) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.project(), "Pulumi.dev.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
