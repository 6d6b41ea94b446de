package gatetest

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"regexp"

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
	w.Caller = cmp.Or(w.Caller, "arn:"+w.Partition+":sts::"+w.Account+":assumed-role/deployer/session")
	if w.Roles == nil {
		for _, value := range w.Config {
			w.Roles = append(w.Roles, roleARN.FindAllString(value, -1)...)
		}
	}
	return w
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
	"aws:codebuild/project:Project": {
		{"arn", "arn:${partition}:codebuild:${region}:${account}:project/${name}"}, {"id", "${arn}"},
	},
	"aws:codeconnections/connection:Connection": {
		{"arn", "arn:${partition}:codeconnections:${region}:${account}:connection/" + UUID}, {"id", "${arn}"},
		{"connectionStatus", "PENDING"},
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
	"aws:iam/policy:Policy": {
		{"arn", "arn:${partition}:iam::${account}:policy${path}${name}"}, {"id", "${arn}"},
	},
	"aws:iam/role:Role": {
		{"id", "${name}"}, {"arn", "arn:${partition}:iam::${account}:role${path}${name}"},
	},
	"aws:kms/key:Key": {
		{"keyId", "key-of-${urnName}"}, {"id", "${keyId}"}, {"arn", "arn:${partition}:kms:${region}:${account}:key/${id}"},
	},
	"aws:kms/alias:Alias":      {{"id", "${name}"}, {"arn", "arn:${partition}:kms:${region}:${account}:${name}"}},
	"aws:s3/bucketV2:BucketV2": {{"id", "${bucket}"}, {"arn", "arn:${partition}:s3:::${bucket}"}},
	"aws:sns/topic:Topic":      {{"arn", "arn:${partition}:sns:${region}:${account}:${name}"}, {"id", "${arn}"}},
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

// answer is what an invoke finds.
func (w World) answer(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	switch token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": w.Account, "accountId": w.Account, "userId": "AIDACKCEVSQ6C2EXAMPLE",
			"arn": w.Caller,
		}), nil
	case "aws:iam/getRole:getRole":
		for _, arn := range w.Roles {
			if path.Base(arn) == args["name"].StringValue() {
				return resource.NewPropertyMapFromMap(map[string]any{"id": path.Base(arn), "name": path.Base(arn), "arn": arn}), nil
			}
		}
		return nil, fmt.Errorf("reading IAM Role (%s): couldn't find resource", args["name"].StringValue())
	case "aws:guardduty/getDetector:getDetector":
		return resource.NewPropertyMapFromMap(map[string]any{"id": DetectorID, "status": "ENABLED"}), nil
	case "aws:codestarconnections/getConnection:getConnection":
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": UUID, "arn": args["arn"].StringValue(), "connectionStatus": "AVAILABLE", "providerType": "GitHub",
		}), nil
	}
	return nil, fmt.Errorf("gatetest has no answer of %s", token)
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
