package check

import (
	"net/url"

	"prodgate/pkg/knownstate"
)

// recorded are answers of AWS, shaped as its API references and the AWS CLI's examples show them, beside the
// resources' inputs that ask for that.
var recorded = map[string]struct {
	part     string
	kinds    []knownstate.Kind
	declared []string
	// answers are by operation.
	answers map[string]string
}{
	"a pipeline": {"pipeline a-prodgate", []knownstate.Kind{knownstate.Pipeline("eu-west-2")}, []string{declaredPipeline}, map[string]string{"GetPipeline": pipelineAnswer}},
	"a pipeline of stores by region, as the console makes it": {"pipeline a-prodgate", []knownstate.Kind{knownstate.Pipeline("eu-west-2")}, []string{declaredPipeline}, map[string]string{"GetPipeline": consoleAnswer}},
	"its trigger": {"trigger a-prodgate", []knownstate.Kind{knownstate.Pipeline("eu-west-2")}, []string{declaredPipeline}, map[string]string{"GetPipeline": pipelineAnswer}},
	"a project of a pipeline": {"project p", []knownstate.Kind{knownstate.Project}, []string{`{
		"name": "p", "description": "Builds", "serviceRole": "arn:aws:iam::111111111111:role/prodgate/build/b",
		"source": {"type": "CODEPIPELINE", "buildspec": "version: 0.2\n"}, "artifacts": {"type": "CODEPIPELINE"},
		"encryptionKey": "arn:aws:kms:eu-west-2:111111111111:key/k",
		"environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL", "privilegedMode": true,
			"environmentVariables": [{"name": "B", "value": "2", "type": "PLAINTEXT"}, {"name": "A", "value": "arn:aws:secretsmanager:x", "type": "SECRETS_MANAGER"}]},
		"logsConfig": {"cloudwatchLogs": {"status": "ENABLED", "groupName": "/aws/codebuild/p"}},
		"buildTimeout": 20, "queuedTimeout": 480, "concurrentBuildLimit": 1}`}, map[string]string{"BatchGetProjects": `{"projectsNotFound": [], "projects": [{
		"name": "p", "arn": "arn:aws:codebuild:eu-west-2:111111111111:project/p", "description": "Builds",
		"source": {"type": "CODEPIPELINE", "buildspec": "version: 0.2\n", "insecureSsl": false}, "secondarySources": [], "secondarySourceVersions": [],
		"artifacts": {"type": "CODEPIPELINE", "name": "p", "packaging": "NONE", "encryptionDisabled": false}, "secondaryArtifacts": [],
		"cache": {"type": "NO_CACHE"},
		"environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL",
			"environmentVariables": [{"name": "A", "value": "arn:aws:secretsmanager:x", "type": "SECRETS_MANAGER"}, {"name": "B", "value": "2", "type": "PLAINTEXT"}],
			"privilegedMode": true, "imagePullCredentialsType": "CODEBUILD"},
		"serviceRole": "arn:aws:iam::111111111111:role/prodgate/build/b", "timeoutInMinutes": 20, "queuedTimeoutInMinutes": 480, "concurrentBuildLimit": 1,
		"encryptionKey": "arn:aws:kms:eu-west-2:111111111111:key/k", "tags": [{"key": "owner", "value": "platform"}],
		"created": 1700000000.1, "lastModified": 1700000000.2, "badge": {"badgeEnabled": false},
		"logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "/aws/codebuild/p"}, "s3Logs": {"status": "DISABLED", "encryptionDisabled": false}},
		"projectVisibility": "PRIVATE", "autoRetryLimit": 0}]}`}},
	"a project without a source, in AWS's own words": {"project p", []knownstate.Kind{knownstate.Project}, []string{`{
		"name": "p", "serviceRole": "r", "source": {"type": "NO_SOURCE", "buildspec": "b"}, "artifacts": {"type": "NO_ARTIFACTS"},
		"environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "c", "privilegedMode": false}, "buildTimeout": 30, "queuedTimeout": 480}`},
		map[string]string{"BatchGetProjects": `{"projects": [{"name": "p", "source": {"type": "NO_SOURCE", "buildspec": "b", "insecureSsl": false}, "artifacts": {"type": "NO_ARTIFACTS"},
		"cache": {"type": "NO_CACHE"}, "environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "c", "environmentVariables": [],
			"privilegedMode": false, "imagePullCredentialsType": "CODEBUILD"},
		"serviceRole": "r", "timeoutInMinutes": 30, "queuedTimeoutInMinutes": 480, "encryptionKey": "arn:aws:kms:eu-west-2:111111111111:alias/aws/s3",
		"vpcConfig": {"vpcId": "", "subnets": [], "securityGroupIds": []}, "fileSystemLocations": [], "projectVisibility": "PRIVATE"}]}`}},
	"a role": {"role r", []knownstate.Kind{knownstate.Role, knownstate.Attachments, knownstate.InlinePolicies}, []string{
		`{"name": "r", "path": "/prodgate/build/", "permissionsBoundary": "arn:aws:iam::111111111111:policy/prodgate/boundary/b",
			"assumeRolePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"S\",\"Effect\":\"Allow\",\"Action\":[\"sts:AssumeRole\"],\"Principal\":{\"Service\":[\"codebuild.amazonaws.com\"]},\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":[\"b\",\"a\"]}}}]}"}`,
		`{"roleName": "r", "policyArns": ["arn:b", "arn:a"]}`, `{"roleName": "r", "policyNames": []}`,
	}, map[string]string{
		"GetRole": result("GetRole", `<Role><Path>/prodgate/build/</Path><RoleName>r</RoleName><RoleId>AROAEXAMPLE</RoleId>
			<Arn>arn:aws:iam::111111111111:role/prodgate/build/r</Arn><CreateDate>2026-11-25T00:00:00Z</CreateDate><MaxSessionDuration>3600</MaxSessionDuration>
			<AssumeRolePolicyDocument>`+url.PathEscape(`{"Version": "2012-10-17", "Statement": [{"Sid": "S", "Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
				"Action": "sts:AssumeRole", "Condition": {"ArnEquals": {"aws:SourceArn": ["a", "b"]}}}]}`)+`</AssumeRolePolicyDocument>
			<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>
			<PermissionsBoundaryArn>arn:aws:iam::111111111111:policy/prodgate/boundary/b</PermissionsBoundaryArn></PermissionsBoundary></Role>`),
		"ListAttachedRolePolicies": result("ListAttachedRolePolicies", `<AttachedPolicies><member><PolicyName>a</PolicyName><PolicyArn>arn:a</PolicyArn></member>
			<member><PolicyName>b</PolicyName><PolicyArn>arn:b</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>`),
		"ListRolePolicies": result("ListRolePolicies", `<PolicyNames/><IsTruncated>false</IsTruncated>`),
	}},
	"a policy": {"policy p", []knownstate.Kind{knownstate.Policy}, []string{
		`{"name": "p", "path": "/prodgate/build/", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":[\"ecr:PutImage\",\"ecr:BatchGetImage\"],\"Resource\":[\"x\"]}]}"}`,
	}, map[string]string{
		"GetPolicy": result("GetPolicy", `<Policy><PolicyName>p</PolicyName><DefaultVersionId>v3</DefaultVersionId></Policy>`),
		"GetPolicyVersion": result("GetPolicyVersion", `<PolicyVersion><VersionId>v3</VersionId><IsDefaultVersion>true</IsDefaultVersion>
			<CreateDate>2026-11-25T00:00:00Z</CreateDate><Document>`+url.PathEscape(`{"Version": "2012-10-17",
			"Statement": {"Sid": "A", "Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:PutImage"], "Resource": "x"}}`)+`</Document></PolicyVersion>`),
	}},
	"a repository, whose policy ECR writes anew": {"repository prodgate/a", []knownstate.Kind{knownstate.Repository, knownstate.RepositoryPolicy}, []string{
		`{"name": "prodgate/a", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": true}, "encryptionConfigurations": [{"encryptionType": "KMS"}], "forceDelete": true}`,
		`{"repository": "prodgate/a", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"ecr:PutImage\"],\"Condition\":{\"ArnNotLike\":{\"aws:PrincipalArn\":[\"a\"]},\"BoolIfExists\":{\"aws:PrincipalIsAWSService\":[\"false\"]}}}]}"}`,
	}, map[string]string{"DescribeRepositories": `{"repositories": [{"repositoryArn": "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/a", "registryId": "111111111111", "repositoryName": "prodgate/a",
		"repositoryUri": "u", "createdAt": 1700000000.0, "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": true},
		"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "k"}}]}`,
		"GetRepositoryPolicy": `{"registryId": "111111111111", "repositoryName": "prodgate/a", "policyText": "{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [ {\n    \"Sid\" : \"A\",\n    \"Effect\" : \"Deny\",\n    \"Principal\" : \"*\",\n    \"Action\" : \"ecr:PutImage\",\n    \"Condition\" : {\n      \"ArnNotLike\" : {\n        \"aws:PrincipalArn\" : \"a\"\n      },\n      \"BoolIfExists\" : {\n        \"aws:PrincipalIsAWSService\" : \"false\"\n      }\n    }\n  } ]\n}"}`}},
	"a bucket's policy": {"bucket b", []knownstate.Kind{knownstate.BucketPolicy}, []string{
		`{"bucket": "b", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"s3:*\"],\"Resource\":[\"x\",\"x/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":[\"false\"]}}}]}"}`,
	}, map[string]string{"GetBucketPolicy": `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":["x/*","x"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`}},
	"a topic with its subscribers": {"topic t", []knownstate.Kind{knownstate.Topic, knownstate.TopicPolicy("t"), knownstate.Subscription("t"), knownstate.Subscription("t")}, []string{
		`{"name": "t", "kmsMasterKeyId": "arn:k"}`,
		`{"arn": "arn:t", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"events.amazonaws.com\"]},\"Action\":[\"sns:Publish\"],\"Resource\":[\"t\"]}]}"}`,
		`{"topic": "arn:t", "protocol": "email", "endpoint": "a@example.com"}`,
		`{"topic": "arn:t", "protocol": "sqs", "endpoint": "arn:q"}`,
	}, map[string]string{"GetTopicAttributes": result("GetTopicAttributes", `<Attributes><entry><key>TopicArn</key><value>arn:t</value></entry>
		<entry><key>Owner</key><value>111111111111</value></entry><entry><key>DisplayName</key><value/></entry>
		<entry><key>EffectiveDeliveryPolicy</key><value>{"http":{"defaultHealthyRetryPolicy":{"numRetries":3}}}</value></entry>
		<entry><key>SubscriptionsConfirmed</key><value>1</value></entry><entry><key>SubscriptionsPending</key><value>1</value></entry>
		<entry><key>SubscriptionsDeleted</key><value>1</value></entry><entry><key>KmsMasterKeyId</key><value>arn:k</value></entry>
		<entry><key>Policy</key><value>{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"t"}]}</value></entry></Attributes>`),
		"GetDataProtectionPolicy": result("GetDataProtectionPolicy", ""),
		"ListSubscriptionsByTopic": result("ListSubscriptionsByTopic", `<Subscriptions>
			<member><SubscriptionArn>PendingConfirmation</SubscriptionArn><Owner>111111111111</Owner><Protocol>email</Protocol><Endpoint>a@example.com</Endpoint><TopicArn>arn:t</TopicArn></member>
			<member><SubscriptionArn>Deleted</SubscriptionArn><Owner>111111111111</Owner><Protocol>email</Protocol><Endpoint>b@example.com</Endpoint><TopicArn>arn:t</TopicArn></member>
			<member><SubscriptionArn>arn:t:1</SubscriptionArn><Owner>111111111111</Owner><Protocol>sqs</Protocol><Endpoint>arn:q</Endpoint><TopicArn>arn:t</TopicArn></member></Subscriptions>`),
		"GetSubscriptionAttributes": result("GetSubscriptionAttributes", `<Attributes><entry><key>Protocol</key><value>sqs</value></entry>
			<entry><key>Endpoint</key><value>arn:q</value></entry><entry><key>Owner</key><value>111111111111</value></entry>
			<entry><key>RawMessageDelivery</key><value>false</value></entry><entry><key>PendingConfirmation</key><value>false</value></entry>
			<entry><key>ConfirmationWasAuthenticated</key><value>true</value></entry><entry><key>SubscriptionArn</key><value>arn:t:1</value></entry>
			<entry><key>SubscriptionPrincipal</key><value>arn:aws:iam::111111111111:role/deployer</value></entry></Attributes>`),
	}},
	"a rule of another region": {"rule us-east-1/r", []knownstate.Kind{knownstate.In("us-east-1", knownstate.Rule), knownstate.In("us-east-1", knownstate.Target)}, []string{
		`{"name": "r", "eventPattern": "{\"source\": [\"aws.iam\"]}", "state": "ENABLED"}`,
		`{"rule": "r", "targetId": "eu-west-2", "arn": "arn:bus", "roleArn": "arn:role"}`,
	}, map[string]string{
		"DescribeRule":      `{"Name": "r", "EventPattern": "{\"source\": [\"aws.iam\"]}", "State": "ENABLED", "EventBusName": "default"}`,
		"ListTargetsByRule": `{"Targets": [{"Id": "eu-west-2", "Arn": "arn:bus", "RoleArn": "arn:role"}]}`,
	}},
	"a bus": {"bus default", []knownstate.Kind{knownstate.Bus}, []string{
		`{"name": "default", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:other\"},\"Action\":\"events:PutEvents\",\"Resource\":\"b\"}]}", "key": "arn:k"}`,
	}, map[string]string{"DescribeEventBus": `{"Name": "default", "Arn": "arn:b", "KmsKeyIdentifier": "arn:k",
		"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:other\"]},\"Action\":[\"events:PutEvents\"],\"Resource\":\"b\"}]}"}`}},
	"a key": {"key prodgate-alerts", []knownstate.Kind{knownstate.Key("alias/prodgate-alerts"), knownstate.KeyAlias}, []string{
		`{"description": "d", "enableKeyRotation": true, "deletionWindowInDays": 30, "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:root\"]},\"Action\":[\"kms:*\"],\"Resource\":[\"*\"]}]}"}`,
		`{"name": "alias/prodgate-alerts", "targetKeyId": "k-1"}`,
	}, map[string]string{
		"DescribeKey":          `{"KeyMetadata": {"KeyId": "k-1", "Arn": "arn:k-1", "Enabled": true, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "Description": "d"}}`,
		"GetKeyPolicy":         `{"PolicyName": "default", "Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"}`,
		"GetKeyRotationStatus": `{"KeyId": "k-1", "KeyRotationEnabled": true, "RotationPeriodInDays": 365}`,
	}},
	"an identity provider": {"identity-provider token.actions.githubusercontent.com", []knownstate.Kind{knownstate.IdentityProvider}, []string{
		`{"url": "https://token.actions.githubusercontent.com", "clientIdLists": ["sts.amazonaws.com"]}`,
	}, map[string]string{"GetOpenIDConnectProvider": result("GetOpenIDConnectProvider", `<Url>token.actions.githubusercontent.com</Url>
		<ClientIDList><member>sts.amazonaws.com</member></ClientIDList><ThumbprintList><member>2b18947a6a9fc7764fd8b5fb18a863b0c6dac24f</member></ThumbprintList>
		<CreateDate>2026-11-25T00:00:00Z</CreateDate>`)}},
	"the trust of a role of others": {"trust deployer", []knownstate.Kind{knownstate.Trust}, []string{
		`{"name": "deployer", "assumeRolePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"arn:people\"}}]}"}`,
	}, map[string]string{"GetRole": result("GetRole", `<Role><RoleName>deployer</RoleName><MaxSessionDuration>43200</MaxSessionDuration><AssumeRolePolicyDocument>`+
		url.PathEscape(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:people"]}, "Action": "sts:AssumeRole"}]}`)+
		`</AssumeRolePolicyDocument></Role>`)}},
	"a schedule": {"rule r", []knownstate.Kind{knownstate.Rule, knownstate.Target}, []string{
		`{"name": "r", "description": "d", "scheduleExpression": "rate(60 minutes)"}`,
		`{"rule": "r", "targetId": "verifier", "arn": "arn:f", "deadLetterConfig": {"arn": "arn:q"}}`,
	}, map[string]string{
		"DescribeRule": `{"Name": "r", "Arn": "arn:r", "ScheduleExpression": "rate(60 minutes)", "State": "ENABLED", "Description": "d",
			"EventBusName": "default", "CreatedBy": "111111111111"}`,
		"ListTargetsByRule": `{"Targets": [{"Id": "verifier", "Arn": "arn:f", "DeadLetterConfig": {"Arn": "arn:q"}}]}`,
	}},
	"a rule with a pattern": {"rule r", []knownstate.Kind{knownstate.Rule, knownstate.Target}, []string{
		`{"name": "r", "eventPattern": "{\"source\": [\"aws.iam\"]}", "state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}`,
		`{"rule": "r", "targetId": "alerts", "arn": "arn:t", "inputTransformer": {"inputPaths": {"time": "$.time"}, "inputTemplate": "\"at <time>\""}}`,
	}, map[string]string{
		"DescribeRule": `{"Name": "r", "EventPattern": "{ \"source\" : [ \"aws.iam\" ] }", "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "default"}`,
		"ListTargetsByRule": `{"Targets": [{"Id": "alerts", "Arn": "arn:t",
			"InputTransformer": {"InputPathsMap": {"time": "$.time"}, "InputTemplate": "\"at <time>\""}}]}`,
	}},
	"a function": {"function f", []knownstate.Kind{knownstate.Function, knownstate.FunctionPermission("arn:aws:lambda:eu-west-2:111111111111:function:f")}, []string{
		`{"name": "f", "description": "d", "sourceCodeHash": "h=", "role": "arn:r", "handler": "bootstrap", "runtime": "provided.al2023", "architectures": ["arm64"],
			"timeout": 900, "memorySize": 512, "environment": {"variables": {"GATE": "prodgate"}}, "loggingConfig": {"logFormat": "Text", "logGroup": "g"}, "code": {}}`,
		`{"statementId": "Schedule", "function": "f", "action": "lambda:InvokeFunction", "principal": "events.amazonaws.com", "sourceArn": "arn:rule"}`,
	}, map[string]string{
		"GetFunctionConfiguration": `{"FunctionName": "f", "FunctionArn": "arn:aws:lambda:eu-west-2:111111111111:function:f", "Runtime": "provided.al2023", "Role": "arn:r",
			"Handler": "bootstrap", "CodeSize": 5, "Description": "d", "Timeout": 900, "MemorySize": 512, "LastModified": "2026-11-25T00:00:00.000+0000", "CodeSha256": "h=",
			"Version": "$LATEST", "Environment": {"Variables": {"GATE": "prodgate"}}, "TracingConfig": {"Mode": "PassThrough"}, "RevisionId": "x", "State": "Active",
			"LastUpdateStatus": "Successful", "PackageType": "Zip", "Architectures": ["arm64"], "EphemeralStorage": {"Size": 512},
			"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": false}, "Layers": [],
			"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}, "RuntimeVersionConfig": {"RuntimeVersionArn": "arn:v"},
			"LoggingConfig": {"LogFormat": "Text", "LogGroup": "g"}}`,
		"GetPolicy": `{"Policy": "{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[{\"Sid\":\"Schedule\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"events.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"arn:aws:lambda:eu-west-2:111111111111:function:f\",\"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"arn:rule\"}}}]}", "RevisionId": "x"}`,
	}},
}

const declaredPipeline = `{
	"name": "a-prodgate", "pipelineType": "V2", "executionMode": "QUEUED", "roleArn": "arn:aws:iam::111111111111:role/prodgate/pipeline/r",
	"artifactStores": [{"type": "S3", "location": "b", "encryptionKey": {"type": "KMS", "id": "k"}}],
	"triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "GitHub",
		"pushes": [{"branches": {"includes": ["prod"]}, "filePaths": {"includes": ["b/**", "a/**"]}}]}}],
	"stages": [
		{"name": "Source", "actions": [{"name": "GitHub", "category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1",
			"runOrder": 1, "namespace": "Source", "outputArtifacts": ["Source"], "configuration": {"BranchName": "prod", "DetectChanges": "false"}}]},
		{"name": "Deploy", "actions": [
			{"name": "Approve", "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1", "timeoutInMinutes": 1440,
				"configuration": {"CustomData": "a\nb & <c>"}},
			{"name": "Service", "category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1", "runOrder": 2,
				"inputArtifacts": ["Source"], "configuration": {"ClusterName": "c"}}]}]}`

const pipelineAnswer = `{"pipeline": {
	"name": "a-prodgate", "version": 7, "pipelineType": "V2", "executionMode": "QUEUED", "roleArn": "arn:aws:iam::111111111111:role/prodgate/pipeline/r",
	"artifactStore": {"type": "S3", "location": "b", "encryptionKey": {"id": "k", "type": "KMS"}},
	"triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "GitHub",
		"push": [{"branches": {"includes": ["prod"]}, "filePaths": {"includes": ["a/**", "b/**"]}}]}}],
	"stages": [
		{"name": "Source", "actions": [{"name": "GitHub", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
			"runOrder": 1, "configuration": {"DetectChanges": "false", "BranchName": "prod"}, "outputArtifacts": [{"name": "Source"}], "inputArtifacts": [],
			"region": "eu-west-2", "namespace": "Source"}]},
		{"name": "Deploy", "actions": [
			{"name": "Approve", "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}, "runOrder": 1,
				"configuration": {"CustomData": "a\nb & <c>"}, "outputArtifacts": [], "inputArtifacts": [], "timeoutInMinutes": 1440},
			{"name": "Service", "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"}, "runOrder": 2,
				"configuration": {"ClusterName": "c"}, "outputArtifacts": [], "inputArtifacts": [{"name": "Source"}], "region": "eu-west-2"}]}]},
	"metadata": {"pipelineArn": "arn:aws:codepipeline:eu-west-2:111111111111:a-prodgate", "created": 1700000000.1, "updated": 1700000000.2}}`

// consoleAnswer has a store by region, and lists and objects that hold nothing.
const consoleAnswer = `{"pipeline": {
	"name": "a-prodgate", "version": 8, "pipelineType": "V2", "executionMode": "QUEUED", "roleArn": "arn:aws:iam::111111111111:role/prodgate/pipeline/r",
	"artifactStores": {"eu-west-2": {"type": "S3", "location": "b", "encryptionKey": {"id": "k", "type": "KMS"}}},
	"variables": [], "triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "GitHub", "pullRequest": [],
		"push": [{"branches": {"includes": ["prod"], "excludes": []}, "filePaths": {"includes": ["b/**", "a/**"]}, "tags": {}}]}}],
	"stages": [
		{"name": "Source", "blockers": [], "onFailure": {}, "actions": [{"name": "GitHub", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
			"configuration": {"DetectChanges": "false", "BranchName": "prod"}, "outputArtifacts": [{"name": "Source"}], "namespace": "Source", "commands": []}]},
		{"name": "Deploy", "actions": [
			{"name": "Approve", "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}, "runOrder": 1,
				"configuration": {"CustomData": "a\nb & <c>"}, "timeoutInMinutes": 1440},
			{"name": "Service", "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"}, "runOrder": 2,
				"configuration": {"ClusterName": "c"}, "inputArtifacts": [{"name": "Source"}]}]}]}}`
