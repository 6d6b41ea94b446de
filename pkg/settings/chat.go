package settings

import (
	"net/url"
	"regexp"
	"strings"
)

// chatWebhook is the one key whose value is a secret: who knows it writes to the chat.
const chatWebhook = "chatWebhook"

const chatRemedy = "set it by pulumi config set --secret chatWebhook, with the URL that the chat shows for an incoming webhook"

var chatRules = []rule{
	// Amazon EventBridge API, CreateApiDestination: InvocationEndpoint.
	// Empty is Pulumi's default: of a typed key it asks for one.
	{key: chatWebhook, kind: text, empty: true, max: 2048, valid: isWebhook, what: "is not the HTTPS URL of a webhook", remedy: chatRemedy},
}

var endpoint = regexp.MustCompile(`^https://(%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@&=+$,A-Za-z0-9])+$`)

func isWebhook(text string) bool {
	u, err := url.Parse(text)
	// A * would be a variable of EventBridge's.
	return err == nil && endpoint.MatchString(text) && u.Hostname() != "" && u.User == nil && len(u.Path) > 1 && !strings.Contains(text, "*")
}

// chat has no webhook that anybody can read who reads the stack's file.
func (c *checker) chat(s *Settings) {
	at := c.top(chatWebhook)
	if s.ChatWebhook != "" && !c.secret(at.setting) && !c.wrong(at) {
		c.add(at, hidden, "stands there for everybody to read", "have the chat make another one, and "+chatRemedy)
	}
}
