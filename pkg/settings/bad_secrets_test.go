package settings

var badSecrets = map[string]badCase{
	"a secret has no name": {"apps[0].secrets[0].name", gone{},
		`prodgate:apps[0].secrets[0].name: (not set) is required; use uppercase letters, digits and underscores, a letter first`},
	"a secret's name is in small letters": {"apps[0].secrets[0].name", "npm_token",
		`prodgate:apps[0].secrets[0].name: "npm_token" is not the name of an environment variable; use uppercase letters, digits and underscores, a letter first`},
	"two secrets have one name": {"apps[0].secrets[1].name", "NPM_TOKEN",
		`prodgate:apps[0].secrets[1].name: "NPM_TOKEN" is also the variable of secrets[0]; give each secret a variable of its own`},
	"a secret is called like CodeBuild's own": {"apps[0].secrets[0].name", "CODEBUILD_BUILD_ID",
		`prodgate:apps[0].secrets[0].name: "CODEBUILD_BUILD_ID" is already a variable of the build; choose another name`},
	"a secret is called like the SDK's credentials": {"apps[0].secrets[0].name", "AWS_SECRET_ACCESS_KEY",
		`prodgate:apps[0].secrets[0].name: "AWS_SECRET_ACCESS_KEY" is already a variable of the build; choose another name`},
	"a secret is the path of the shell": {"apps[0].secrets[0].name", "PATH",
		`prodgate:apps[0].secrets[0].name: "PATH" is already a variable of the build; choose another name`},
	"a secret is where our images go": {"apps[0].secrets[0].name", "REPOSITORY_URI",
		`prodgate:apps[0].secrets[0].name: "REPOSITORY_URI" is already a variable of the build; choose another name`},
	"a secret is what the build exports": {"apps[0].secrets[0].name", "IMAGE_DIGEST",
		`prodgate:apps[0].secrets[0].name: "IMAGE_DIGEST" is already a variable of the build; choose another name`},
	"a secret is the list of secrets": {"apps[0].secrets[0].name", "BUILD_SECRETS",
		`prodgate:apps[0].secrets[0].name: "BUILD_SECRETS" is already a variable of the build; choose another name`},
	"a secret leads docker elsewhere": {"apps[0].secrets[0].name", "DOCKER_HOST",
		`prodgate:apps[0].secrets[0].name: "DOCKER_HOST" is already a variable of the build; choose another name`},
	"there are eleven secrets": {"apps[1].secrets", elevenSecrets(),
		`prodgate:apps[1].secrets: [{"name":"S0"},{"name":"S1"},{"name":"S2"},{"name":"S3"},{"name":"S4"},{"name":"… has 11 entries, more than 10; write up to 10, one secret may hold many values as JSON`},

	"an adopted secret is a name": {"apps[0].secrets[0].arn", "npm/read",
		`prodgate:apps[0].secrets[0].arn: "npm/read" is not an ARN; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},
	"an adopted secret lacks its end": {"apps[0].secrets[0].arn", "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/read",
		`prodgate:apps[0].secrets[0].arn: "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/read" is not the ARN of a secret; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},
	"an adopted secret is any": {"apps[0].secrets[0].arn", "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/*",
		`prodgate:apps[0].secrets[0].arn: "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/*" is not the ARN of a secret; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},
	"an adopted secret is of another region": {"apps[0].secrets[0].arn", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:npm-AbC12d",
		`prodgate:apps[0].secrets[0].arn: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:npm-AbC12d" is not of the region eu-west-2; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},
	"an adopted secret is of another account": {"apps[0].secrets[0].arn", "arn:aws:secretsmanager:eu-west-2:222222222222:secret:npm-AbC12d",
		`prodgate:apps[0].secrets[0].arn: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:npm-AbC12d" is not of the account 111111111111; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},
	"an adopted secret is a parameter": {"apps[0].secrets[0].arn", "arn:aws:ssm:eu-west-2:111111111111:parameter/npm",
		`prodgate:apps[0].secrets[0].arn: "arn:aws:ssm:eu-west-2:111111111111:parameter/npm" is not the ARN of a secret; copy it from AWS, where it looks like arn:aws:secretsmanager:eu-west-2:111111111111:secret:<its name>-<six characters>`},

	"a secret's key is an alias": {"apps[0].secrets[0].keyArn", "arn:aws:kms:eu-west-2:111111111111:alias/npm",
		`prodgate:apps[0].secrets[0].keyArn: "arn:aws:kms:eu-west-2:111111111111:alias/npm" is not the ARN of a KMS key; copy it from AWS, where it looks like arn:aws:kms:eu-west-2:111111111111:key/<its id>`},
	"a secret's key is of another account": {"apps[0].secrets[0].keyArn", "arn:aws:kms:eu-west-2:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab",
		`prodgate:apps[0].secrets[0].keyArn: "arn:aws:kms:eu-west-2:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab" is not of the account 111111111111; copy it from AWS, where it looks like arn:aws:kms:eu-west-2:111111111111:key/<its id>`},
	"a key is named for a secret that the gate makes": {"apps[0].secrets[0].arn", gone{},
		`prodgate:apps[0].secrets[0].arn: (not set) is required with apps[0].secrets[0].keyArn; write the secret that this key encrypts, a secret that the gate creates has a key of its own`},

	"an adopted secret is to be rotated": {"apps[0].secrets[0].rotationLambdaArn", "arn:aws:lambda:eu-west-2:111111111111:function:rotate",
		`prodgate:apps[0].secrets[0].rotationLambdaArn: "arn:aws:lambda:eu-west-2:111111111111:function:rotate" has no effect on an adopted secret; leave the key out, the owner of the secret rotates it`},
	"what rotates is a name": {"apps[0].secrets[1].rotationLambdaArn", "rotate",
		`prodgate:apps[0].secrets[1].rotationLambdaArn: "rotate" is not an ARN; copy it from AWS, where it looks like arn:aws:lambda:eu-west-2:111111111111:function:<its name>`},
	"what rotates is a layer": {"apps[0].secrets[1].rotationLambdaArn", "arn:aws:lambda:eu-west-2:111111111111:layer:rotate:1",
		`prodgate:apps[0].secrets[1].rotationLambdaArn: "arn:aws:lambda:eu-west-2:111111111111:layer:rotate:1" is not the ARN of a Lambda function; copy it from AWS, where it looks like arn:aws:lambda:eu-west-2:111111111111:function:<its name>`},
	"what rotates is of another region": {"apps[0].secrets[1].rotationLambdaArn", "arn:aws:lambda:us-east-1:111111111111:function:rotate",
		`prodgate:apps[0].secrets[1].rotationLambdaArn: "arn:aws:lambda:us-east-1:111111111111:function:rotate" is not of the region eu-west-2; copy it from AWS, where it looks like arn:aws:lambda:eu-west-2:111111111111:function:<its name>`},
	"a secret is rotated by nothing": {"apps[0].secrets[1].rotationLambdaArn", gone{},
		`prodgate:apps[0].secrets[1].rotationLambdaArn: (not set) is required with apps[0].secrets[1].rotationDays; write the ARN of the function that rotates the secret, or leave out rotationDays too`},
	"a secret is rotated all the time": {"apps[0].secrets[1].rotationDays", 0,
		`prodgate:apps[0].secrets[1].rotationDays: 0 is not between 1 and 1000; Secrets Manager rotates every 1 to 1000 days`},
}

func elevenSecrets() []any {
	all := words("S", 11)
	for i := range all {
		all[i] = map[string]any{"name": all[i]}
	}
	return all
}
