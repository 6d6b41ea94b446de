package settings

import (
	"strings"
	"testing"
)

const (
	noWebhook = `prodgate:chatWebhook: (secret) is not the HTTPS URL of a webhook; `
	hook      = "chat.example.com/services/T0/B0/hunter2"
)

var badChat = map[string]badCase{
	"the webhook is asked without TLS": {"chatWebhook", "http://" + hook, noWebhook + chatRemedy},
	"the webhook has no protocol":      {"chatWebhook", hook, noWebhook + chatRemedy},
	"the webhook is a host alone":      {"chatWebhook", "https://chat.example.com/", noWebhook + chatRemedy},
	"the webhook has no host":          {"chatWebhook", "https:///services/hunter2", noWebhook + chatRemedy},
	"the webhook has a password":       {"chatWebhook", "https://user:hunter2@chat.example.com/x", noWebhook + chatRemedy},
	"the webhook has a space":          {"chatWebhook", "https://" + hook + " ", noWebhook + chatRemedy},
	"the webhook has a variable":       {"chatWebhook", "https://chat.example.com/services/*", noWebhook + chatRemedy},
	"the webhook has a fragment":       {"chatWebhook", "https://" + hook + "#x", noWebhook + chatRemedy},
	"the webhook is too long": {"chatWebhook", "https://" + hook + strings.Repeat("x", 2048),
		`prodgate:chatWebhook: (secret) has 2095 characters, more than 2048; ` + chatRemedy},
	"the webhook is the chat's token": {"chatWebhook", exampleSlack,
		`prodgate:chatWebhook: (secret) looks like a Slack token` + revoke},
}

func TestSettings_WebhookMustBeASecret(t *testing.T) {
	t.Parallel()
	_, err := DecodeSecret("prodgate", encode(t, valid()), func(string) bool { return false })
	want := `prodgate:chatWebhook: (secret) is stored in plain text; replace it in the chat, and ` + chatRemedy
	if err == nil || err.Error() != want {
		t.Errorf("\ngot\n%v\nwant\n%s", err, want)
	}
}
