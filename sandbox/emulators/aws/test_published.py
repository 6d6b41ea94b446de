"""CloudTrail's words for requests: the emulator's against those that AWS and others have published."""

import json
import unittest

from test_emulator import ACCOUNT, REGION, Params
from test_trail import GLOBAL, TrailCase

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}"
ROLE, BOUNDARY = f"arn:aws:iam::{ACCOUNT}:role/EC2-dev", "arn:aws:iam::aws:policy/AWSDenyAll"
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/MyQueue"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
MANIFEST = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:0", "size": 1}, "layers": []})
SELECTORS = [
    {
        "ReadWriteType": "ReadOnly",
        "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
]

# Requests as AWS's guides and Stratus Red Team's detonation logs have them: client, operation,
# arguments, the parameters that CloudTrail recorded, and its name for the call where that is another.
PUBLISHED: dict[str, tuple[str, str, Params, Params | None, str | None]] = {
    "IAM User Guide, CreateAnalyzer": (
        "accessanalyzer",
        "CreateAnalyzer",
        {"analyzerName": "test", "type": "ACCOUNT", "clientToken": "t", "tags": {"tagkey1": "tagvalue1"}},
        {"analyzerName": "test", "type": "ACCOUNT", "clientToken": "t", "tags": {"tagkey1": "tagvalue1"}},
        None,
    ),
    "Stratus Red Team, StopLogging": ("cloudtrail", "StopLogging", {"Name": "other"}, {"name": "other"}, None),
    "Stratus Red Team, PutEventSelectors": (
        "cloudtrail",
        "PutEventSelectors",
        {"TrailName": "other", "EventSelectors": SELECTORS},
        {
            "trailName": "other",
            "eventSelectors": [
                {
                    "readWriteType": "ReadOnly",
                    "includeManagementEvents": False,
                    "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
                    "excludeManagementEventSources": ["kms.amazonaws.com"],
                }
            ],
        },
        None,
    ),
    "AWS Config Developer Guide, PutConfigurationRecorder": (
        "config",
        "PutConfigurationRecorder",
        {"ConfigurationRecorder": {"name": "default", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/c"}},
        {"configurationRecorder": {"name": "default", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/c"}},
        None,
    ),
    "AWS Config Developer Guide, PutDeliveryChannel": (
        "config",
        "PutDeliveryChannel",
        {"DeliveryChannel": {"name": "default", "s3BucketName": "b", "snsTopicARN": "arn:aws:sns:eu-west-2:1:t"}},
        {"deliveryChannel": {"name": "default", "s3BucketName": "b", "snsTopicARN": "arn:aws:sns:eu-west-2:1:t"}},
        None,
    ),
    "AWS Config Developer Guide, StopConfigurationRecorder": (
        "config",
        "StopConfigurationRecorder",
        {"ConfigurationRecorderName": "default"},
        {"configurationRecorderName": "default"},
        None,
    ),
    "AWS Config Developer Guide, DescribeDeliveryChannels": ("config", "DescribeDeliveryChannels", {}, None, None),
    "AWS CloudTrail record of UpdateProjectVisibility": (
        "codebuild",
        "UpdateProjectVisibility",
        {"projectArn": "a", "projectVisibility": "PUBLIC_READ", "resourceAccessRole": "r"},
        {"projectArn": "a", "projectVisibility": "PUBLIC_READ", "resourceAccessRole": "r"},
        None,
    ),
    "Amazon ECR User Guide, BatchGetImage": (
        "ecr",
        "BatchGetImage",
        {"repositoryName": "testrepo", "registryId": ACCOUNT, "imageIds": [{"imageTag": "latest"}]},
        {"repositoryName": "testrepo", "registryId": ACCOUNT, "imageIds": [{"imageTag": "latest"}]},
        None,
    ),
    "Amazon ECR User Guide, PutImage": (
        "ecr",
        "PutImage",
        {"repositoryName": "testrepo", "imageTag": "latest", "registryId": ACCOUNT, "imageManifest": MANIFEST},
        {"repositoryName": "testrepo", "imageTag": "latest", "registryId": ACCOUNT, "imageManifest": MANIFEST},
        None,
    ),
    "Amazon ECS Developer Guide, CreateCluster": (
        "ecs",
        "CreateCluster",
        {"clusterName": "default"},
        {"clusterName": "default"},
        None,
    ),
    "Amazon EventBridge User Guide, PutRule": (
        "events",
        "PutRule",
        {"Name": "cttest2", "State": "ENABLED", "EventPattern": '{"source":["aws.ec2"]}', "Description": "d"},
        {"name": "cttest2", "state": "ENABLED", "eventPattern": '{"source":["aws.ec2"]}', "description": "d"},
        None,
    ),
    "Amazon GuardDuty User Guide, CreateThreatIntelSet": (
        "guardduty",
        "CreateThreatIntelSet",
        {"DetectorId": "5", "Name": "E", "Format": "TXT", "Activate": False, "Location": "l", "ClientToken": "t"},
        {"detectorId": "5", "name": "E", "format": "TXT", "activate": False, "location": "l", "clientToken": "t"},
        None,
    ),
    "IAM User Guide, GetUserPolicy": (
        "iam",
        "GetUserPolicy",
        {"UserName": "JaneDoe", "PolicyName": "ReadOnlyAccess"},
        {"userName": "JaneDoe", "policyName": "ReadOnlyAccess"},
        None,
    ),
    "Stratus Red Team, AttachRolePolicy": (
        "iam",
        "AttachRolePolicy",
        {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        None,
    ),
    "Stratus Red Team, CreateRole": (
        "iam",
        "CreateRole",
        {"RoleName": "m", "AssumeRolePolicyDocument": json.dumps(POLICY), "PermissionsBoundary": BOUNDARY},
        {"roleName": "m", "assumeRolePolicyDocument": json.dumps(POLICY), "permissionsBoundary": BOUNDARY},
        None,
    ),
    "Stratus Red Team, CreateLoginProfile": (
        "iam",
        "CreateLoginProfile",
        {"UserName": "u", "Password": "P4ss-word", "PasswordResetRequired": False},
        {"userName": "u", "passwordResetRequired": False},
        None,
    ),
    "AWS KMS Developer Guide, DisableKey": ("kms", "DisableKey", {"KeyId": KEY}, {"keyId": KEY}, None),
    "AWS KMS Developer Guide, ScheduleKeyDeletion": (
        "kms",
        "ScheduleKeyDeletion",
        {"KeyId": KEY, "PendingWindowInDays": 20},
        {"keyId": KEY, "pendingWindowInDays": 20},
        None,
    ),
    "AWS KMS Developer Guide, PutKeyPolicy": (
        "kms",
        "PutKeyPolicy",
        {"KeyId": KEY, "PolicyName": "default", "Policy": json.dumps(POLICY), "BypassPolicyLockoutSafetyCheck": False},
        {"keyId": KEY, "policyName": "default", "policy": json.dumps(POLICY), "bypassPolicyLockoutSafetyCheck": False},
        None,
    ),
    "AWS KMS Developer Guide, TagResource": (
        "kms",
        "TagResource",
        {"KeyId": KEY_ARN, "Tags": [{"TagKey": "Department", "TagValue": "IT"}]},
        {"keyId": KEY_ARN, "tags": [{"tagKey": "Department", "tagValue": "IT"}]},
        None,
    ),
    "AWS KMS Developer Guide, Encrypt": (
        "kms",
        "Encrypt",
        {"KeyId": KEY_ARN, "Plaintext": b"p", "EncryptionContext": {"Department": "Engineering"}},
        {"keyId": KEY_ARN, "encryptionContext": {"Department": "Engineering"}},
        None,
    ),
    "Stratus Red Team, AddPermission": (
        "lambda",
        "AddPermission",
        {"FunctionName": "f", "StatementId": "backdoor", "Action": "lambda:InvokeFunction", "Principal": "*"},
        {"functionName": "f", "statementId": "backdoor", "action": "lambda:InvokeFunction", "principal": "*"},
        "AddPermission20150331v2",
    ),
    "Stratus Red Team, UpdateFunctionConfiguration": (
        "lambda",
        "UpdateFunctionConfiguration",
        {"FunctionName": "f", "Layers": ["arn:l:1"], "Environment": {"Variables": {"TOKEN": "s3cr3t"}}},
        {"functionName": "f", "layers": ["arn:l:1"], "environment": {}},
        "UpdateFunctionConfiguration20150331v2",
    ),
    "Amazon CloudWatch Logs User Guide, CreateExportTask": (
        "logs",
        "CreateExportTask",
        {"destination": "d", "logGroupName": "g", "to": 123456789012, "fromTime": 0, "taskName": "t"},
        {"destination": "d", "logGroupName": "g", "to": 123456789012, "from": 0, "taskName": "t"},
        None,
    ),
    "AWS Organizations User Guide, CreateAccount": (
        "organizations",
        "CreateAccount",
        {"Email": "diego@example.com", "AccountName": "Production", "Tags": []},
        {"email": "****", "accountName": "****", "tags": []},
        None,
    ),
    "AWS Organizations User Guide, AttachPolicy": (
        "organizations",
        "AttachPolicy",
        {"PolicyId": "p-examplepolicyid111", "TargetId": "ou-examplerootid111-exampleouid111"},
        {"policyId": "p-examplepolicyid111", "targetId": "ou-examplerootid111-exampleouid111"},
        None,
    ),
    "a recorded PutBucketLifecycle": (
        "s3",
        "PutBucketLifecycleConfiguration",
        {
            "Bucket": "trail-bucket",
            "LifecycleConfiguration": {
                "Rules": [{"ID": "nuke", "Status": "Enabled", "Filter": {"Prefix": "*"}, "Expiration": {"Days": 1}}]
            },
        },
        {
            "bucketName": "trail-bucket",
            "Host": f"trail-bucket.s3.{REGION}.amazonaws.com",
            "lifecycle": "",
            "LifecycleConfiguration": {
                "Rule": {"ID": "nuke", "Status": "Enabled", "Filter": {"Prefix": "*"}, "Expiration": {"Days": 1}},
                "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            },
        },
        "PutBucketLifecycle",
    ),
    "a recorded PutBucketPublicAccessBlock": (
        "s3",
        "PutPublicAccessBlock",
        {
            "Bucket": "trail-bucket",
            "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True, "BlockPublicAcls": False},
        },
        {
            "bucketName": "trail-bucket",
            "Host": f"trail-bucket.s3.{REGION}.amazonaws.com",
            "publicAccessBlock": "",
            "PublicAccessBlockConfiguration": {
                "RestrictPublicBuckets": True,
                "BlockPublicAcls": False,
                "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            },
        },
        "PutBucketPublicAccessBlock",
    ),
    "a recorded PutBucketPolicy": (
        "s3",
        "PutBucketPolicy",
        {"Bucket": "other", "Policy": json.dumps(POLICY)},
        {"bucketName": "other", "Host": f"other.s3.{REGION}.amazonaws.com", "policy": "", "bucketPolicy": POLICY},
        None,
    ),
    "a recorded DeleteBucketEncryption": (
        "s3",
        "DeleteBucketEncryption",
        {"Bucket": "other"},
        {"bucketName": "other", "Host": f"other.s3.{REGION}.amazonaws.com", "encryption": ""},
        None,
    ),
    "Amazon S3 User Guide, ListBuckets": ("s3", "ListBuckets", {}, {"Host": f"s3.{REGION}.amazonaws.com"}, None),
    "Stratus Red Team, GetSecretValue": (
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "s"},
        {"secretId": "s"},
        None,
    ),
    "a recorded PutSecretValue": (
        "secretsmanager",
        "PutSecretValue",
        {"SecretId": "s", "SecretString": "s3cr3t", "ClientRequestToken": "4d383ea9-084a-49c9-8722-cbfb0f25c456"},
        {"secretId": "s", "clientRequestToken": "4d383ea9-084a-49c9-8722-cbfb0f25c456"},
        None,
    ),
    "AWS Security Hub User Guide, CreateInsight": (
        "securityhub",
        "CreateInsight",
        {"Filters": {}, "GroupByAttribute": "ResourceId", "Name": "Test Insight"},
        {"Filters": {}, "GroupByAttribute": "ResourceId", "Name": "Test Insight"},
        None,
    ),
    "Amazon SNS Developer Guide, CreateTopic": ("sns", "CreateTopic", {"Name": "hello"}, {"name": "hello"}, None),
    "Amazon SQS Developer Guide, AddPermission": (
        "sqs",
        "AddPermission",
        {"QueueUrl": QUEUE, "Label": "MyLabel", "AWSAccountIds": [ACCOUNT], "Actions": ["SendMessage"]},
        {"queueUrl": QUEUE, "label": "MyLabel", "AWSAccountIds": [ACCOUNT], "actions": ["SendMessage"]},
        None,
    ),
    "Amazon SQS Developer Guide, SetQueueAttributes": (
        "sqs",
        "SetQueueAttributes",
        {"QueueUrl": QUEUE, "Attributes": {"VisibilityTimeout": "100"}},
        {"queueUrl": QUEUE, "attributes": {"VisibilityTimeout": "100"}},
        None,
    ),
    "Stratus Red Team, GetParameters": (
        "ssm",
        "GetParameters",
        {"Names": ["/credentials/1"], "WithDecryption": True},
        {"names": ["/credentials/1"], "withDecryption": True},
        None,
    ),
    "AWS Step Functions Developer Guide, StopExecution": (
        "stepfunctions",
        "StopExecution",
        {"executionArn": f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m:e"},
        {"executionArn": f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m:e"},
        None,
    ),
    "IAM User Guide, AssumeRole": (
        "sts",
        "AssumeRole",
        {"RoleArn": ROLE, "RoleSessionName": "JohnDoe", "SerialNumber": "arn:aws:iam::1:mfa"},
        {"roleArn": ROLE, "roleSessionName": "JohnDoe", "serialNumber": "arn:aws:iam::1:mfa"},
        None,
    ),
    "Stratus Red Team, GetCallerIdentity": ("sts", "GetCallerIdentity", {}, None, None),
}
# The services whose events have another name than their clients.
SOURCES = {"accessanalyzer": "access-analyzer", "stepfunctions": "states"}


class PublishedTest(TrailCase):
    def test_published_records(self) -> None:
        self.emulator.client("ecr").create_repository(repositoryName="testrepo")
        self.take_events()
        for where, (service, operation, arguments, wanted, name) in PUBLISHED.items():
            with self.subTest(where):
                self.call(service, operation, arguments)
                source = SOURCES.get(service, service)
                event = self.take_event(GLOBAL if service in ("iam", "organizations") else REGION)
                detail = event["detail"]
                self.assertEqual(event["source"], f"aws.{source}")
                self.assertEqual(detail["eventSource"], f"{source}.amazonaws.com")
                self.assertEqual(detail["eventName"], name or operation)
                self.assertEqual(detail["requestParameters"], wanted)
                self.assertNotIn("s3cr3t", json.dumps(event))
                self.assertNotIn("P4ss-word", json.dumps(event))


if __name__ == "__main__":
    unittest.main()
