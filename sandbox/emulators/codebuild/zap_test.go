package codebuild

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/codebuild/zap"
	"prodgate/sandbox/emulators/internet"
)

// page is an app's page with these headers.
func page(headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Set(name, value)
		}
		fmt.Fprint(w, "<html></html>")
	})
}

var (
	policy  = "Content-Security-Policy: default-src 'self'"
	sniff   = "X-Content-Type-Options: nosniff"
	strict  = "Strict-Transport-Security: max-age=31536000"
	release = func() *url.URL { u, _ := url.Parse(tool.ZAP.URL); return u }()
)

// zapGate is a test of an app, with a ZAP to download.
func zapGate(t *testing.T, app http.Handler, script []byte) *deployGate {
	t.Helper()
	folder := t.TempDir()
	net, err := internet.Start(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = net.Close() })
	archive := filepath.Join(folder, "zap.tar.gz")
	checksum, err := zap.Archive(archive, script)
	if err != nil {
		t.Fatal(err)
	}
	net.Handle(release.Host, internet.Files(map[string]string{release.Path: archive}))
	if app != nil {
		net.Handle("app.example.com", app)
	}
	return newDeployGate(t, buildspec.Text("zap"), "http://127.0.0.1:1", net, map[string]string{
		buildspec.App: "backend", buildspec.TargetURL: "https://app.example.com/", buildspec.Severity: "medium",
		buildspec.AcceptedFindings: "[]", tool.ZAP.URLVariable(): tool.ZAP.URL, tool.ZAP.SHA256Variable(): checksum,
	})
}

// TestZAP runs the real buildspec with a stand-in for ZAP, which requests a real page.
func TestZAP(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	need(t, "curl", "apt-get install curl")
	entry := func(id string, days int) string {
		return fmt.Sprintf(`[{"app":"backend","id":%q,"expires":%q}]`, id, time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly))
	}
	for name, c := range map[string]struct {
		app     http.Handler
		script  string
		change  map[string]string
		summary string
		words   []string
	}{
		"a page with all headers passes": {
			app: page(policy, sniff, strict), summary: "ZAP 2.17.0: 0 findings of medium or above, 0 accepted, 1 below",
			words: []string{"below medium: INFORMATIONAL 10049"},
		},
		"a page without a policy fails": {
			app: page(sniff, strict), words: []string{"refused: MEDIUM 10038 Content Security Policy", "refused: MEDIUM 10020", "at https://app.example.com/", "has findings that are not accepted"},
		},
		"findings below the threshold pass": {
			app: page(policy), summary: "ZAP 2.17.0: 0 findings of medium or above, 0 accepted, 3 below", words: []string{"below medium: LOW 10021", "below medium: LOW 10035"},
		},
		"and fail where they are at it": {app: page(policy, sniff), change: map[string]string{buildspec.Severity: "low"}, words: []string{"refused: LOW 10035"}},
		"an accepted finding passes": {
			app: page("X-Frame-Options: DENY"), change: map[string]string{buildspec.AcceptedFindings: entry("10038", 0)},
			summary: "ZAP 2.17.0: 0 findings of medium or above, 1 accepted, 3 below", words: []string{"accepted: MEDIUM 10038"},
		},
		"one that has expired fails": {
			app: page(policy, sniff, strict), change: map[string]string{buildspec.AcceptedFindings: entry("10038", -1)},
			words: []string{"accepted finding 10038 expired on ", "fix it or accept it anew with a new date"},
		},
		"a high risk fails at critical too": {
			app: page(), change: map[string]string{buildspec.Severity: "critical"}, script: reporting(`{"site":[{"@name":"https://app.example.com","alerts":[{"pluginid":"40018","name":"SQL Injection","riskcode":"3","instances":[]}]}]}`),
			words: []string{"refused: HIGH 40018 SQL Injection"},
		},
		"no report fails":               {app: page(), script: "#!/bin/sh\n", words: []string{"ZAP has written no report"}},
		"a report that is broken fails": {app: page(), script: reporting(`{"site":`), words: []string{"ZAP reports nothing on https://app.example.com"}},
		"a report on no site fails":     {app: page(), script: reporting(`{"site":[]}`), words: []string{"ZAP reports nothing on https://app.example.com"}},
		"a report on another site fails": {
			app: page(), script: reporting(`{"site":[{"@name":"https://app.example.com.evil.example","alerts":[]}]}`), words: []string{"ZAP reports nothing on https://app.example.com"},
		},
		"a risk that nobody knows fails": {
			app: page(), script: reporting(`{"site":[{"@name":"https://app.example.com","alerts":[{"pluginid":"1","name":"n","riskcode":"x","instances":[]}]}]}`), words: []string{"jq: error"},
		},
		"a ZAP that fails fails":             {app: page(), script: "#!/bin/sh\necho broken\nexit 2\n", words: []string{"broken"}},
		"an app that is not there fails":     {words: []string{"curl: (56)"}},
		"an app that is ill fails":           {app: says(503, "ill"), words: []string{"https://app.example.com/ answers with status 503: there is nothing to test"}},
		"an app without https fails":         {app: page(), change: map[string]string{buildspec.TargetURL: "http://app.example.com/"}, words: []string{"TARGET_URL is not https"}},
		"a severity that nobody knows fails": {app: page(), change: map[string]string{buildspec.Severity: "none"}, words: []string{"SEVERITY is none"}},
		"another ZAP than the pinned one fails": {
			app: page(policy, sniff, strict), change: map[string]string{tool.ZAP.SHA256Variable(): tool.ZAP.SHA256}, words: []string{"zap.tar.gz: FAILED"},
		},
		"a ZAP that cannot be had fails": {app: page(), change: map[string]string{tool.ZAP.URLVariable(): "https://" + release.Host + "/gone"}, words: []string{"returned error: 404"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := zap.Script
			if c.script != "" {
				script = []byte(c.script)
			}
			g := zapGate(t, c.app, script)
			for name, value := range c.change {
				g.set(name, value)
			}
			if c.summary != "" {
				g.passes(t, c.summary, c.words...)
			} else {
				g.refuses(t, c.words...)
			}
		})
	}
}

// reporting is a ZAP that writes this report.
func reporting(report string) string {
	return "#!/usr/bin/env bash\nplan=${!#}\nprintf '%s' '" + report + "' > \"$(dirname \"$plan\")/report.json\"\n"
}

func TestZAP_RequireVariables(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	g := zapGate(t, page(), zap.Script)
	g.missing(t, buildspec.Required("zap"))
}
