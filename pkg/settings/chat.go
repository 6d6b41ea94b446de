package settings

import (
	"net/url"
	"regexp"
	"strings"
)

// chatWebhook is the only key whose value is a secret: whoever knows it can write to the chat.
const chatWebhook = "chatWebhook"

const chatRemedy = "set it with pulumi config set --secret chatWebhook, to the URL that the chat shows for an incoming webhook"

var endpoint = regexp.MustCompile(`^https://(%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@&=+$,A-Za-z0-9])+$`)

func isWebhook(text string) bool {
	u, err := url.Parse(text)
	// EventBridge fills in a * with a path parameter.
	return err == nil && endpoint.MatchString(text) && u.Hostname() != "" && u.User == nil && len(u.Path) > 1 && !strings.Contains(text, "*")
}

// checkChat refuses a webhook in plain text, because everybody who reads the stack's file can read it.
func (c *checker) checkChat(s *Settings) {
	at := c.top(chatWebhook)
	if s.ChatWebhook != "" && !c.secret(at.config) && !c.hasProblem(at) {
		c.add(at, hidden, "is stored in plain text", "replace it in the chat, and "+chatRemedy)
	}
}
