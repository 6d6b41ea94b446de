package gatetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What stands where AWS and GitHub make up an id.
const (
	UUID       = "7d2469ff-514a-4e4f-9003-5ca4a43cdc41"
	DetectorID = "12abc34d567e8fa901bc2d34e56789f0"
)

var roleARN = regexp.MustCompile(`arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+`)

func (w World) filled() World {
	w.Account = cmp.Or(w.Account, "111111111111")
	w.Region = cmp.Or(w.Region, "eu-west-2")
	w.Partition = cmp.Or(w.Partition, "aws")
	w.Project = cmp.Or(w.Project, "prodgate")
	w.Stack = cmp.Or(w.Stack, "test")
	w.Caller = cmp.Or(w.Caller, "arn:"+w.Partition+":sts::"+w.Account+":assumed-role/"+w.deployer()+"/session")
	if w.Roles == nil {
		for _, value := range w.Config {
			w.Roles = append(w.Roles, roleARN.FindAllString(value, -1)...)
		}
	}
	return w
}

// deployer is the name of the role that runs the program.
func (w World) deployer() string {
	var access struct{ DeployerArns []string }
	_ = json.Unmarshal([]byte(w.Config[w.Project+":access"]), &access) // the program says what is wrong with it
	for _, arn := range access.DeployerArns {
		return path.Base(arn)
	}
	return "deployer"
}

// computed are the outputs that the provider makes, and the resource's id. ${x}
// is an input, an output made before it, or one of account, region, partition
// and urnName. The ARNs are written here once more and not taken from
// pkg/address, so that tests compare two sources.
var computed = map[string][][2]string{
	"aws:cfg/rule:Rule":         {{"id", "${name}"}, {"arn", "arn:${partition}:config:${region}:${account}:config-rule/config-rule-a1b2c3"}},
	"aws:cfg/recorder:Recorder": {{"id", "${name}"}},
	"aws:cloudwatch/logGroup:LogGroup": {
		{"id", "${name}"}, {"arn", "arn:${partition}:logs:${region}:${account}:log-group:${name}"},
	},
	"aws:cloudwatch/eventRule:EventRule": {
		{"id", "${name}"}, {"arn", "arn:${partition}:events:${region}:${account}:rule/${name}"},
	},
	"aws:cloudwatch/eventApiDestination:EventApiDestination": {
		{"id", "${name}"}, {"arn", "arn:${partition}:events:${region}:${account}:api-destination/${name}/" + UUID},
	},
	"aws:cloudwatch/eventConnection:EventConnection": {
		{"id", "${name}"}, {"arn", "arn:${partition}:events:${region}:${account}:connection/${name}/" + UUID},
	},
	"aws:pipes/pipe:Pipe": {
		{"id", "${name}"}, {"arn", "arn:${partition}:pipes:${region}:${account}:pipe/${name}"},
	},
	"aws:codebuild/project:Project": {
		{"arn", "arn:${partition}:codebuild:${region}:${account}:project/${name}"}, {"id", "${arn}"},
	},
	"aws:codeconnections/connection:Connection": {
		{"arn", "arn:${partition}:codeconnections:${region}:${account}:connection/" + UUID}, {"id", "${arn}"},
		{"connectionStatus", "PENDING"},
	},
	"aws:codecommit/repository:Repository": {
		{"id", "${repositoryName}"}, {"repositoryId", UUID}, {"arn", "arn:${partition}:codecommit:${region}:${account}:${repositoryName}"},
	},
	"aws:codepipeline/pipeline:Pipeline": {
		{"id", "${name}"}, {"arn", "arn:${partition}:codepipeline:${region}:${account}:${name}"},
	},
	"aws:ecr/repository:Repository": {
		{"id", "${name}"}, {"registryId", "${account}"},
		{"arn", "arn:${partition}:ecr:${region}:${account}:repository/${name}"},
		{"repositoryUrl", "${account}.dkr.ecr.${region}.${suffix}/${name}"},
	},
	"aws:guardduty/detector:Detector": {
		{"id", DetectorID}, {"arn", "arn:${partition}:guardduty:${region}:${account}:detector/${id}"},
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
		{"arn", "arn:${partition}:iam::${account}:oidc-provider/token.actions.githubusercontent.com"}, {"id", "${arn}"},
	},
	"aws:iam/policy:Policy": {
		{"arn", "arn:${partition}:iam::${account}:policy${path}${name}"}, {"id", "${arn}"},
	},
	"aws:iam/role:Role": {
		{"id", "${name}"}, {"arn", "arn:${partition}:iam::${account}:role${path}${name}"},
	},
	"aws:kms/key:Key": {
		{"keyId", "key-of-${urnName}"}, {"id", "${keyId}"}, {"arn", "arn:${partition}:kms:${region}:${account}:key/${id}"},
	},
	"aws:lambda/function:Function": {
		{"id", "${name}"}, {"arn", "arn:${partition}:lambda:${region}:${account}:function:${name}"},
	},
	"aws:kms/alias:Alias": {{"id", "${name}"}, {"arn", "arn:${partition}:kms:${region}:${account}:${name}"}},
	"aws:organizations/policy:Policy": {
		{"id", "p-of-${urnName}"},
	},
	"aws:organizations/policyAttachment:PolicyAttachment": {
		{"id", "${targetId}:${policyId}"},
	},
	"aws:s3/bucketV2:BucketV2": {{"id", "${bucket}"}, {"arn", "arn:${partition}:s3:::${bucket}"}},
	"aws:secretsmanager/secret:Secret": {
		{"arn", "arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-AbCdEf"}, {"id", "${arn}"},
	},
	"aws:sfn/stateMachine:StateMachine": {
		{"arn", "arn:${partition}:states:${region}:${account}:stateMachine:${name}"}, {"id", "${arn}"},
	},
	"aws:signer/signingProfile:SigningProfile": {
		{"id", "${name}"}, {"arn", "arn:${partition}:signer:${region}:${account}:/signing-profiles/${name}"},
	},
	"aws:codedeploy/application:Application": {
		{"id", "${name}"}, {"arn", "arn:${partition}:codedeploy:${region}:${account}:application:${name}"},
	},
	"aws:codedeploy/deploymentGroup:DeploymentGroup": {
		{"id", "${urnName}"}, {"arn", "arn:${partition}:codedeploy:${region}:${account}:deploymentgroup:${appName}/${deploymentGroupName}"},
	},
	"aws:sns/topic:Topic": {{"arn", "arn:${partition}:sns:${region}:${account}:${name}"}, {"id", "${arn}"}},
	"aws:ssm/parameter:Parameter": {
		{"id", "${name}"}, {"arn", "arn:${partition}:ssm:${region}:${account}:parameter${name}"},
	},
}

// defaults are the inputs that the provider fills in and other outputs are made of.
var defaults = map[string]map[resource.PropertyKey]string{
	"aws:iam/policy:Policy": {"path": "/"},
	"aws:iam/role:Role":     {"path": "/"},
}

// outputs are a resource's inputs and what the provider makes of them.
func (w World) outputs(token, name string, inputs resource.PropertyMap) (string, resource.PropertyMap) {
	outputs := inputs.Copy()
	for input, value := range defaults[token] {
		if _, written := outputs[input]; !written {
			outputs[input] = resource.NewProperty(value)
		}
	}
	id := name + "-id"
	for _, output := range computed[token] {
		value := os.Expand(output[1], func(key string) string {
			switch key {
			case "account":
				return w.Account
			case "region":
				return w.Region
			case "partition":
				return w.Partition
			case "suffix":
				if w.Partition == "aws-cn" {
					return "amazonaws.com.cn"
				}
				return "amazonaws.com"
			case "urnName":
				return name
			case "id":
				return id
			}
			if input := outputs[resource.PropertyKey(key)]; input.IsString() {
				return input.StringValue()
			}
			return ""
		})
		if output[0] == "id" {
			id = value
			continue
		}
		outputs[resource.PropertyKey(output[0])] = resource.NewProperty(value)
	}
	return id, outputs
}

// TrustPolicy is the trust policy of a role that an AWS principal may assume. principal is JSON.
func TrustPolicy(principal string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ` + principal + `}, "Action": "sts:AssumeRole"}]}`
}

// answer is what an invoke finds.
func (w World) answer(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	if answer, ok := w.Answers[token]; ok {
		return resource.NewPropertyMapFromMap(answer), nil
	}
	switch token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": w.Account, "accountId": w.Account, "userId": "AIDACKCEVSQ6C2EXAMPLE",
			"arn": w.Caller,
		}), nil
	case "aws:iam/getRole:getRole":
		for _, arn := range w.Roles {
			if path.Base(arn) == args["name"].StringValue() {
				return resource.NewPropertyMapFromMap(map[string]any{"id": path.Base(arn), "name": path.Base(arn), "arn": arn,
					"assumeRolePolicy": cmp.Or(w.Trusts[path.Base(arn)], TrustPolicy(`"arn:`+w.Partition+`:iam::`+w.Account+`:role/people"`)),
				}), nil
			}
		}
		return nil, fmt.Errorf("reading IAM Role (%s): couldn't find resource", args["name"].StringValue())
	case "aws:codecommit/getRepository:getRepository":
		name := args["repositoryName"].StringValue()
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": name, "repositoryName": name, "arn": "arn:" + w.Partition + ":codecommit:" + w.Region + ":" + w.Account + ":" + name,
		}), nil
	case "aws:codestarconnections/getConnection:getConnection":
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": UUID, "arn": args["arn"].StringValue(), "connectionStatus": "AVAILABLE", "providerType": "GitHub",
		}), nil
	case "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider":
		return nil, fmt.Errorf("reading IAM OIDC Provider: NoSuchEntity: %s", args["arn"].StringValue())
	case "github:index/getRepository:getRepository":
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": "456789", "repoId": 456789, "fullName": "example-org/" + args["name"].StringValue(), "private": true,
		}), nil
	case "github:index/getOrganization:getOrganization":
		return resource.NewPropertyMapFromMap(map[string]any{"id": "123456", "plan": "enterprise"}), nil
	case "github:index/getRepositoryEnvironments:getRepositoryEnvironments":
		return resource.NewPropertyMapFromMap(map[string]any{"environments": []any{}}), nil
	case "aws:secretsmanager/getSecret:getSecret":
		arn := args["arn"].StringValue()
		return resource.NewPropertyMapFromMap(map[string]any{"id": arn, "arn": arn, "kmsKeyId": w.SecretKeys[arn]}), nil
	case "aws:kms/getKey:getKey":
		id := args["keyId"].StringValue()
		id = id[strings.LastIndexAny(id, ":/")+1:]
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": id, "arn": "arn:" + w.Partition + ":kms:" + w.Region + ":" + w.Account + ":key/" + id,
		}), nil
	case "aws:lambda/getFunction:getFunction":
		return resource.NewPropertyMapFromMap(map[string]any{
			"arn": args["functionName"].StringValue(), "role": "arn:" + w.Partition + ":iam::" + w.Account + ":role/service-role/rotate",
		}), nil
	}
	if found := w.organization(token, args); found != nil {
		return resource.NewPropertyMapFromMap(found), nil
	}
	if token == "github:index/getRestApi:getRestApi" {
		return w.github(args["endpoint"].StringValue())
	}
	return nil, fmt.Errorf("gatetest has no answer of %s", token)
}

// github are GitHub's usual answers: the first pattern that matches an endpoint, and
// the names in it, make a status and a body.
var github = []struct {
	endpoint *regexp.Regexp
	answer   string
}{
	{regexp.MustCompile(`^repos/([^/]+)/([^/]+)$`),
		`200 {"full_name": "$1/$2", "private": true, "archived": false, "default_branch": "main", "owner": {"type": "Organization"}}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/branches/prod$`), `200 {"name": "prod"}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/branches/(main|prod)/protection$`), `404 {"message": "Branch not protected"}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/rules/branches/(main|prod)\?`), `200 []`},
	// The files of the workflows that run the program exist.
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/contents/\.github/workflows/(preview|up)\.yml\?ref=main$`), `200 {"type": "file"}`},
	// No file that the gate writes exists, and every Dockerfile that settings name does.
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/contents/(\.github/.*|(docs/)?CODEOWNERS)\?ref=(main|prod)$`), `404 {"message": "Not Found"}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/contents/[^?]+\?ref=(main|prod)$`), `200 {"type": "file"}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/git/trees/(main|prod)\?recursive=1$`), `200 {"truncated": true}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/collaborators/([^/]+)/permission$`), `200 {"permission": "write", "user": {"login": "$1", "id": 1001}}`},
	{regexp.MustCompile(`^repos/[^/]+/[^/]+/teams\?`), `200 [{"slug": "everybody", "permissions": {"push": true}}]`},
	// Every team is below one that may write.
	{regexp.MustCompile(`^orgs/[^/]+/teams/([^/]+)$`), `200 {"id": 2001, "slug": "$1", "privacy": "closed", "parent": {"slug": "everybody"}}`},
	// An app's token is nobody's.
	{regexp.MustCompile(`^user$`), `403 {"message": "Resource not accessible by integration"}`},
}

// github answers as the provider does: an error, unless it is good or a 404.
func (w World) github(endpoint string) (resource.PropertyMap, error) {
	answer, there := w.GitHub[endpoint]
	for _, usual := range github {
		if found := usual.endpoint.FindStringSubmatchIndex(endpoint); !there && found != nil {
			answer, there = string(usual.endpoint.ExpandString(nil, usual.answer, endpoint, found)), true
		}
	}
	status, body, _ := strings.Cut(answer, " ")
	code, err := strconv.Atoi(status)
	switch {
	case err != nil:
		return nil, fmt.Errorf("gatetest has no answer of GitHub's to %s", endpoint)
	case code >= 300 && code != 404:
		return nil, fmt.Errorf("GET https://api.github.com/%s: %d %s []", endpoint, code, body)
	}
	return resource.NewPropertyMapFromMap(map[string]any{
		"endpoint": endpoint, "code": code, "status": status, "body": body, "headers": "{}", "id": "",
	}), nil
}

// read is what a stack reference finds.
func (w World) read(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:StackReference" {
		return "", nil, fmt.Errorf("gatetest cannot read %s", args.TypeToken)
	}
	outputs, there := w.Stacks[args.ID]
	if !there {
		if w.Preview { // a name that only a resource will know
			return args.ID, resource.PropertyMap{}, nil
		}
		return "", nil, fmt.Errorf("unknown stack %q", args.ID)
	}
	return args.ID, resource.NewPropertyMapFromMap(map[string]any{"name": args.ID, "outputs": outputs}), nil
}
