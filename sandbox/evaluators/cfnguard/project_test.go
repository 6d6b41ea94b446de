package cfnguard_test

// projects are changes of a project, beginning with none.
var projects = map[string]testCase{
	"a project as it is": {},
	"a buildspec in the repository, by name": {
		changes: []change{{"configuration.source.0.buildSpec", "buildspec.yml"}},
		fails:   []string{"buildspec_is_inline"},
	},
	"a buildspec in a bucket": {
		changes: []change{{"configuration.source.0.buildSpec", "arn:aws:s3:::others/buildspec.yml"}},
		fails:   []string{"buildspec_is_inline"},
	},
	"the buildspec that a repository has": {
		changes: []change{{"configuration.source.0.buildSpec", ""}},
		fails:   []string{"buildspec_is_inline"},
	},
	"no buildspec":                     {changes: []change{{"configuration.source.0.buildSpec", nothing{}}}, fails: []string{"buildspec_is_inline"}},
	"a source that is one and no list": {changes: []change{{"configuration.source", object{"type": "CODEPIPELINE", "buildSpec": "version: 0.2\n"}}}},
	"a project without a source":       {changes: []change{{"configuration.source.0.type", "NO_SOURCE"}}},
	"a source at GitHub":               {changes: []change{{"configuration.source.0.type", "GITHUB"}}, fails: []string{"source_is_the_pipeline"}},
	"a second source, in AWS Config's list": {
		changes: []change{{"configuration.source", []any{object{"type": "CODEPIPELINE", "buildSpec": "a\nb"}, object{"type": "GITHUB", "buildSpec": "a\nb"}}}},
		fails:   []string{"source_is_the_pipeline"},
	},
	"a second source, as CodeBuild has it": {
		changes: []change{{"configuration.secondarySources", []any{object{"type": "S3"}}}},
		fails:   []string{"source_is_the_pipeline"},
	},
	"secondary sources, none": {changes: []change{{"configuration.secondarySources", []any{}}}},
	"a webhook": {
		changes: []change{{"configuration.webhook", object{"url": "https://api.github.com/repos/example-org/api/hooks/1"}}},
		fails:   []string{"nobody_calls_by_webhook"},
	},
	"a webhook that somebody has yet to create": {
		changes: []change{{"configuration.webhook", object{"payloadUrl": "https://codebuild.eu-west-2.amazonaws.com/webhooks"}}},
		fails:   []string{"nobody_calls_by_webhook"},
	},
	"a project that does not run docker": {
		changes: []change{{"resourceName", "prodgate-api-scan"}},
		fails:   []string{"privileged_to_run_docker"},
	},
	"one that is not privileged":                    {changes: []change{{"resourceName", "prodgate-api-scan"}, {"configuration.environment.privilegedMode", false}}},
	"one of no app, of another role, key and image": {changes: []change{{"resourceName", "prodgate-verifier"}, {"configuration.environment.privilegedMode", false}, {"configuration.encryptionKey", "alias/aws/s3"}}},
	"a role of somebody else's for a project": {
		changes: []change{{"configuration.serviceRole", "arn:aws:iam::111111111111:role/admin"}},
		fails:   []string{"environment_is_the_gates"},
	},
	"a role of somebody else's for a project of all pipelines": {
		changes: []change{{"resourceName", "prodgate-sign"}, {"configuration.environment.privilegedMode", false}, {"configuration.serviceRole", "arn:aws:iam::111111111111:role/admin"}},
		fails:   []string{"environment_is_the_gates"},
	},
	"AWS's key for what is built": {
		changes: []change{{"configuration.encryptionKey", "arn:aws:kms:eu-west-2:111111111111:alias/aws/s3"}},
		fails:   []string{"environment_is_the_gates"},
	},
	"an image of somebody else's to build in": {
		changes: []change{{"configuration.environment.image", "111111111111.dkr.ecr.eu-west-2.amazonaws.com/mine:latest"}},
		fails:   []string{"environment_is_the_gates"},
	},
	"a cache": {
		changes: []change{{"configuration.cache", object{"type": "S3", "location": "others/cache"}}},
		fails:   []string{"nothing_stays"},
	},
	"a cache of which nothing is said": {changes: []change{{"configuration.cache", nothing{}}}},
	"a file system": {
		changes: []change{{"configuration.fileSystemLocations", []any{object{"type": "EFS"}}}},
		fails:   []string{"nothing_stays"},
	},
	"a project that is nobody's of the gate": {
		changes: []change{{"resourceName", "myprodgate-api-build"}, {"configuration.source.0.type", "GITHUB"}},
		foreign: true,
	},
}
