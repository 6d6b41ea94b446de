package bridge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

func TestTokens_BecomeTheBridges(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"aws:codebuild/project:Project":                  "aws:index/codebuildProject:CodebuildProject",
		"aws:codepipeline/pipeline:Pipeline":             "aws:index/codepipeline:Codepipeline",
		"aws:s3/bucketV2:BucketV2":                       "aws:index/s3Bucket:S3Bucket",
		"aws:cfg/rule:Rule":                              "aws:index/configConfigRule:ConfigConfigRule",
		"aws:index/getCallerIdentity:getCallerIdentity":  "aws:index/getCallerIdentity:getCallerIdentity",
		"aws:guardduty/getDetector:getDetector":          "aws:index/getGuarddutyDetector:getGuarddutyDetector",
		"github:index/branchProtection:BranchProtection": "github:index/branchProtection:BranchProtection",
		"pulumi:providers:aws":                           "pulumi:providers:aws",
	} {
		got, err := bridgeToken(from)
		if err != nil || got != want {
			t.Errorf("%s becomes %s, %v; want %s", from, got, err, want)
		}
	}
	if got, err := bridgeToken("aws:lex/bot:Bot"); err == nil {
		t.Errorf("a type that is not in the table becomes %s", got)
	}
}

func TestURN_OnlyLastTypeChanges(t *testing.T) {
	t.Parallel()
	got, err := bridgeURN("urn:pulumi:dev::prodgate::prodgate:index:Gate$aws:s3/bucketV2:BucketV2::a::b")
	if want := "urn:pulumi:dev::prodgate::prodgate:index:Gate$aws:index/s3Bucket:S3Bucket::a::b"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if _, err := bridgeURN("nonsense"); err == nil {
		t.Error("nonsense is taken for a URN")
	}
}

// TestProperties_ThereAndBack renames a resource's properties to the bridge's names and back. The result
// is the same, and the bridge's internal fields stay.
func TestProperties_ThereAndBack(t *testing.T) {
	t.Parallel()
	const lifecycle = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	sdk := fields(t, map[string]any{
		"bucket":                   "b",
		"rules":                    []any{map[string]any{"id": "expire", "expiration": map[string]any{"days": 7}, "filter": map[string]any{"prefix": ""}}},
		"__pulumi_raw_state_delta": map[string]any{"filters": map[string]any{"kept": true}},
	})
	sent := &pulumirpc.CreateRequest{Properties: proto.Clone(sdk).(*structpb.Struct)}
	renameRequest(lifecycle, sent)
	bridge := fields(t, map[string]any{
		"bucket":                   "b",
		"rules":                    []any{map[string]any{"id": "expire", "expirations": []any{map[string]any{"days": 7}}, "filters": []any{map[string]any{"prefix": ""}}}},
		"__pulumi_raw_state_delta": map[string]any{"filters": map[string]any{"kept": true}},
	})
	if !proto.Equal(sent.Properties, bridge) {
		t.Errorf("the bridge gets %v, want %v", sent.Properties, bridge)
	}
	reply := &pulumirpc.CreateResponse{Properties: sent.Properties}
	renameResponse(lifecycle, reply)
	if !proto.Equal(reply.Properties, sdk) {
		t.Errorf("the engine gets %v, want %v", reply.Properties, sdk)
	}

	diff := &pulumirpc.DiffResponse{
		Diffs:        []string{"rules"},
		Replaces:     []string{"bucket"},
		DetailedDiff: map[string]*pulumirpc.PropertyDiff{"rules[0].filters[0].prefix": {}},
	}
	renameResponse(lifecycle, diff)
	if _, ok := diff.DetailedDiff["rules[0].filter.prefix"]; !ok || len(diff.DetailedDiff) != 1 {
		t.Errorf("a diff names %v", diff.DetailedDiff)
	}

	untouched := &pulumirpc.CreateRequest{Properties: fields(t, map[string]any{"filter": map[string]any{}})}
	before := proto.Clone(untouched)
	renameRequest("aws:iam/role:Role", untouched)
	if !proto.Equal(untouched, before) {
		t.Errorf("a type without differences becomes %v", untouched)
	}
}

// TestProperties_Archive: the engine sends an archive of its state by the hash alone, which is the same file where the program
// declares it, and another where it does not.
func TestProperties_Archive(t *testing.T) {
	t.Parallel()
	const function = "aws:lambda/function:Function"
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(path, []byte("PK\x05\x06"+strings.Repeat("\x00", 18)), 0o600); err != nil { // a zip file of nothing
		t.Fatal(err)
	}
	declared, err := archive.FromPath(path)
	if err != nil {
		t.Fatal(err)
	}
	sent := func(code map[string]any) *structpb.Value {
		asked := &pulumirpc.ReadRequest{Properties: fields(t, map[string]any{"code": code})}
		renameRequest(function, asked)
		return asked.Properties.GetFields()["filename"]
	}
	stateOnly := map[string]any{sig.Key: sig.ArchiveSig, "hash": declared.Hash}
	if got := sent(stateOnly).GetStringValue(); got != hashOnly+declared.Hash {
		t.Errorf("a recorded archive is the file %q", got)
	}
	read := &pulumirpc.ReadResponse{Properties: fields(t, map[string]any{"filename": hashOnly + declared.Hash})}
	renameResponse(function, read)
	if got := read.Properties.GetFields()["code"].GetStructValue().AsMap(); got["hash"] != declared.Hash || got["path"] != nil {
		t.Errorf("the engine gets the archive %v", got)
	}
	if got := sent(declared.Serialize()).GetStringValue(); got != path {
		t.Errorf("a declared archive is the file %q", got)
	}
	if got := sent(stateOnly).GetStringValue(); got != path {
		t.Errorf("a recorded archive that the program declares is the file %q", got)
	}
	created := &pulumirpc.CreateResponse{Properties: fields(t, map[string]any{"filename": path})}
	renameResponse(function, created)
	if got := created.Properties.GetFields()["code"].GetStructValue().AsMap(); got["hash"] != declared.Hash || got["path"] != path {
		t.Errorf("the engine gets the archive %v", got)
	}
}

// TestProperties_ProviderSettings converts settings that the provider has checked. They are JSON, in which a
// block is a list for the bridge and an object for the engine.
func TestProperties_ProviderSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ bridge, engine map[string]any }{
		"one block":          {map[string]any{"assumeRoles": `[{"roleArn":"r"}]`}, map[string]any{"assumeRole": `{"roleArn":"r"}`}},
		"none":               {map[string]any{"region": "eu-west-2"}, map[string]any{"region": "eu-west-2"}},
		"not known, no JSON": {map[string]any{"assumeRoles": "04da6b54"}, map[string]any{"assumeRole": "04da6b54"}},
	} {
		checked := &pulumirpc.CheckResponse{Inputs: fields(t, c.bridge)}
		renameResponse(provider, checked)
		if want := fields(t, c.engine); !proto.Equal(checked.Inputs, want) {
			t.Errorf("%s: the engine gets %v, want %v", name, checked.Inputs, want)
		}
		configured := &pulumirpc.ConfigureRequest{Args: fields(t, c.engine)}
		renameRequest(provider, configured)
		if want := fields(t, c.bridge); !proto.Equal(configured.Args, want) {
			t.Errorf("%s: the bridge gets %v, want %v", name, configured.Args, want)
		}
	}
}

func fields(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTokens_Table checks the form of the table, and that it has each type once.
func TestTokens_Table(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(tokensFile) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		pkg, _, _ := strings.Cut(f[0], ":")
		if len(f) != 2 || !strings.HasPrefix(f[1], pkg+"_") {
			t.Errorf("%q is not a token and a name of the same package", line)
		}
		if seen[f[0]] {
			t.Errorf("%s is there twice", f[0])
		}
		seen[f[0]] = true
	}
	if len(seen) != len(terraformNames) || len(seen) == 0 {
		t.Errorf("%d tokens were read, %d are there", len(terraformNames), len(seen))
	}
}

// TestServe_NeedsEngine starts the plugin without an engine: the error says that the engine starts it.
func TestServe_NeedsEngine(t *testing.T) {
	t.Parallel()
	err := Serve("aws", "1.0.0", t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "the engine starts this program") {
		t.Errorf("a plugin without an engine: %v", err)
	}
}
