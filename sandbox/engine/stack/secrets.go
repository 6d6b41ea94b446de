package stack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"gopkg.in/yaml.v3"
)

const (
	// passphrase encrypts the secrets of every stack of the sandbox.
	passphrase = "sandbox"
	// unreadable replaces a secret whose passphrase the sandbox does not have.
	unreadable = "sandbox"
	saltKey    = "encryptionsalt"
)

// encryptionKeys are the keys of a stack file that say how its secrets are
// encrypted. The sandbox's copy of the file has its own.
var encryptionKeys = []string{saltKey, "secretsprovider", "encryptedkey"}

// configFile is a stack file whose secrets are decrypted in place.
type configFile struct {
	root *yaml.Node
	// secrets are the values that were encrypted.
	secrets []*yaml.Node
	// unreadable are the keys of secrets that could not be decrypted.
	unreadable []string
	// encrypted is whether the file says how it is encrypted.
	encrypted bool
}

// readConfigFile parses a stack file and decrypts the secrets whose passphrase is in the
// environment.
func readConfigFile(text []byte) (*configFile, error) {
	f := &configFile{root: &yaml.Node{}}
	if err := yaml.Unmarshal(text, f.root); err != nil {
		return nil, err
	}
	if f.root.Kind == 0 { // an empty file
		return f, nil
	}
	top := f.root.Content[0]
	var salt string
	var kept []*yaml.Node
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if !slices.Contains(encryptionKeys, key.Value) {
			kept = append(kept, key, value)
			continue
		}
		f.encrypted = true
		if key.Value == saltKey {
			salt = value.Value
		}
	}
	if top.Kind == yaml.MappingNode {
		top.Content = kept
	}
	crypter, _ := openSalt(salt, userPassphrases()...)
	f.decrypt(top, "", crypter)
	return f, nil
}

// decrypt replaces each {secure: …} below a node by its plain text.
func (f *configFile) decrypt(node *yaml.Node, path string, crypter config.Crypter) {
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[0].Value == "secure" && node.Content[1].Kind == yaml.ScalarNode {
		plain, err := unreadable, errors.New("no passphrase")
		if crypter != nil {
			plain, err = crypter.DecryptValue(context.Background(), node.Content[1].Value)
		}
		if err != nil {
			plain = unreadable
			f.unreadable = append(f.unreadable, strings.TrimPrefix(path, "config."))
		}
		*node = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: plain}
		f.secrets = append(f.secrets, node)
		return
	}
	for i, child := range node.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			f.decrypt(child, fmt.Sprintf("%s[%d]", path, i), crypter)
		case node.Kind == yaml.MappingNode && i%2 == 1:
			f.decrypt(child, strings.TrimPrefix(path+"."+node.Content[i-1].Value, "."), crypter)
		}
	}
}

// decrypted is the file's text with the secrets in plain text.
func (f *configFile) decrypted() ([]byte, error) { return yaml.Marshal(f.root) }

// encryptWith returns the file's text, with secrets that are encrypted with the sandbox's
// passphrase and a salt.
func (f *configFile) encryptWith(salt string) ([]byte, error) {
	crypter, err := openSalt(salt, passphrase)
	if err != nil {
		return nil, err
	}
	for _, secret := range f.secrets {
		text, err := crypter.EncryptValue(context.Background(), secret.Value)
		if err != nil {
			return nil, err
		}
		*secret = yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Value: "secure"}, {Kind: yaml.ScalarNode, Value: text},
		}}
	}
	return yaml.Marshal(f.root)
}

// findSalt finds the salt of the sandbox's passphrase in the text of a stack file. The text can have
// other salts too, if it is a copy of a file with its own salt.
func findSalt(text []byte) string {
	for line := range bytes.Lines(text) {
		if salt, ok := strings.CutPrefix(strings.TrimSpace(string(line)), saltKey+":"); ok {
			salt = strings.Trim(strings.TrimSpace(salt), `"'`)
			if _, known := sandboxSalts.Load(salt); known {
				return salt
			}
			if _, err := openSalt(salt, passphrase); err == nil {
				sandboxSalts.Store(salt, true)
				return salt
			}
		}
	}
	return ""
}

// sandboxSalts caches salts that belong to the sandbox's passphrase: to verify one takes half a
// second of processor time.
var sandboxSalts sync.Map

// newSalt makes a salt for the sandbox's passphrase in Pulumi's form: the version, the salt, and
// the word pulumi, encrypted with both. All stacks of a process use the same salt.
var newSalt = sync.OnceValues(func() (string, error) {
	salt := make([]byte, 8)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	check, err := config.NewSymmetricCrypterFromPassphrase(passphrase, salt).EncryptValue(context.Background(), "pulumi")
	own := "v1:" + base64.StdEncoding.EncodeToString(salt) + ":" + check
	sandboxSalts.Store(own, true)
	return own, err
})

// openSalt returns the crypter of the first passphrase that belongs to a salt.
func openSalt(salt string, passphrases ...string) (config.Crypter, error) {
	parts := strings.SplitN(salt, ":", 3)
	if len(parts) != 3 || parts[0] != "v1" {
		return nil, fmt.Errorf("%s: %q is not a salt", saltKey, salt)
	}
	raw, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", saltKey, err)
	}
	for _, phrase := range passphrases {
		crypter := config.NewSymmetricCrypterFromPassphrase(phrase, raw)
		if word, err := crypter.DecryptValue(context.Background(), parts[2]); err == nil && word == "pulumi" {
			return crypter, nil
		}
	}
	return nil, fmt.Errorf("%s: no passphrase fits", saltKey)
}

// userPassphrases are the passphrases that the CLI would read from the environment, and the
// empty one, which is common.
func userPassphrases() []string {
	phrases := []string{os.Getenv("PULUMI_CONFIG_PASSPHRASE"), "", passphrase}
	if text, err := os.ReadFile(os.Getenv("PULUMI_CONFIG_PASSPHRASE_FILE")); err == nil {
		phrases = append(phrases, strings.TrimSpace(string(text)))
	}
	slices.Sort(phrases)
	return slices.Compact(phrases)
}
