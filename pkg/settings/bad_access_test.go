package settings

import "strings"

var badAccess = map[string]badCase{
	"nobody may deploy": {"access.deployerArns", []any{},
		`prodgate:access.deployerArns: [] is empty; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`},
	"the deployers are a text": {"access.deployerArns", "arn:aws:iam::111111111111:role/deployer",
		`prodgate:access.deployerArns: "arn:aws:iam::111111111111:role/deployer" is not a list; write its items below the key, each after a hyphen`},
	"there are six deployers": {"access.deployerArns", roles(6),
		`prodgate:access.deployerArns: ["arn:aws:iam::111111111111:role/r0","arn:aws:iam::111111111111:role/r1","arn:aw… has 6 entries, more than 5; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`},
	"there are eleven approvers": {"access.approverArns", roles(11),
		`prodgate:access.approverArns: ["arn:aws:iam::111111111111:role/r0","arn:aws:iam::111111111111:role/r1","arn:aw… has 11 entries, more than 10; write up to 10 roles, people share one through single sign-on`},
	"the approvers are too long for a trust": {"access.approverArns", []any{
		"arn:aws:iam::111111111111:role/" + strings.Repeat("a", 510) + "/a", "arn:aws:iam::111111111111:role/" + strings.Repeat("b", 510) + "/b",
		"arn:aws:iam::111111111111:role/" + strings.Repeat("c", 510) + "/c", "arn:aws:iam::111111111111:role/" + strings.Repeat("d", 510) + "/d",
	},
		`prodgate:access.approverArns: ["arn:aws:iam::111111111111:role/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… has 2181 characters, more than the 1750 that fit into the trust policy of a role; name fewer roles, people share one through single sign-on`},
	"a deployer's path is too long": {"access.deployerArns[0]", "arn:aws:iam::111111111111:role/" + strings.Repeat("a", 220) + "/dddd.d",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:role/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" has 258 characters, more than 160; write the ARN of an IAM role of a shorter path`},
	"a deployer is a user": {"access.deployerArns[0]", "arn:aws:iam::111111111111:user/mona",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:user/mona" is the ARN of a user; name a role that the user may assume, whose ARN looks like arn:aws:iam::111111111111:role/<its name>`},
	"a deployer is the root user": {"access.deployerArns[0]", "arn:aws:iam::111111111111:root",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:root" is not the ARN of a role; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"a deployer is a session": {"access.deployerArns[0]", "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Deployer_0123456789abcdef/mona",
		`prodgate:access.deployerArns[0]: "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Deployer_0123456789abcdef/…" is the ARN of a session, not of its role; write the role's ARN, as aws iam get-role --role-name AWSReservedSSO_Deployer_0123456789abcdef shows it, like arn:aws:iam::111111111111:role/AWSReservedSSO_Deployer_0123456789abcdef but with a path if it has one`},
	"a deployer is every role": {"access.deployerArns[0]", "arn:aws:iam::111111111111:role/*",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:role/*" is not the ARN of a role; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"a deployer is of another account": {"access.deployerArns[0]", "arn:aws:iam::222222222222:role/deployer",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::222222222222:role/deployer" is not of the account 111111111111; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"a deployer is the gate's own": {"access.deployerArns[0]", "arn:aws:iam::111111111111:role/gate/deploy/gate-deploy",
		`prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:role/gate/deploy/gate-deploy" is a role of the gate itself; name a role of your own, the gate creates the roles below /gate/`},
	"a deployer stands there twice": {"access.deployerArns[1]", "arn:aws:iam::111111111111:role/deployer",
		`prodgate:access.deployerArns[1]: "arn:aws:iam::111111111111:role/deployer" is already listed as [0]; leave one of them out`},
	"a deployer stands there again with a path and in another case": {"access.deployerArns[1]", "arn:aws:iam::111111111111:role/ops/Deployer",
		`prodgate:access.deployerArns[1]: "arn:aws:iam::111111111111:role/ops/Deployer" is also the role of access.deployerArns[0]; leave one of them out, two roles of an account cannot differ only in path or case`},
	"there is no role for emergencies": {"access.breakGlassArn", gone{},
		`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`},
	"the role for emergencies is empty": {"access.breakGlassArn", "",
		`prodgate:access.breakGlassArn: "" is empty; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`},
	"the role for emergencies is null": {"access.breakGlassArn", nil,
		`prodgate:access.breakGlassArn: null is not a value; set one, or leave the key out`},
	"the role for emergencies is a list": {"access.breakGlassArn", []any{"arn:aws:iam::111111111111:role/break-glass"},
		`prodgate:access.breakGlassArn: ["arn:aws:iam::111111111111:role/break-glass"] is not a text; write one value, in quotes`},
	"the role for emergencies is a name": {"access.breakGlassArn", "break-glass",
		`prodgate:access.breakGlassArn: "break-glass" is not an ARN; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"the role for emergencies deploys": {"access.breakGlassArn", "arn:aws:iam::111111111111:role/deployer",
		`prodgate:access.breakGlassArn: "arn:aws:iam::111111111111:role/deployer" is also the role of access.deployerArns[0]; name another role, break-glass must not be in daily use`},
	"the role for emergencies approves": {"access.breakGlassArn", "arn:aws:iam::111111111111:role/approver",
		`prodgate:access.breakGlassArn: "arn:aws:iam::111111111111:role/approver" is also the role of access.approverArns[0]; name another role, break-glass must not be in daily use`},
	"the role for emergencies is the gate's own": {"access.breakGlassArn", "arn:aws:iam::111111111111:role/gate/build/x",
		`prodgate:access.breakGlassArn: "arn:aws:iam::111111111111:role/gate/build/x" is a role of the gate itself; name a role of your own, the gate creates the roles below /gate/`},
	"everybody approves": {"access.approverArns[0]", "*",
		`prodgate:access.approverArns[0]: "*" is not an ARN; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"any role approves": {"access.approverArns[0]", "arn:aws:iam::111111111111:role/*",
		`prodgate:access.approverArns[0]: "arn:aws:iam::111111111111:role/*" is not the ARN of a role; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"an approver of any service": {"access.approverArns[0]", "arn:aws:*::111111111111:role/r",
		`prodgate:access.approverArns[0]: "arn:aws:*::111111111111:role/r" is not the ARN of a role; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"an approver deploys": {"access.approverArns[1]", "arn:aws:iam::111111111111:role/deployer",
		`prodgate:access.approverArns[1]: "arn:aws:iam::111111111111:role/deployer" is also the role of access.deployerArns[0]; name another role, or deployers approve their own deployments`},
	"an approver is the gate's own": {"access.approverArns[1]", "arn:aws:iam::111111111111:role/gate/approver/gate-backend-approver",
		`prodgate:access.approverArns[1]: "arn:aws:iam::111111111111:role/gate/approver/gate-backend-approver" is a role of the gate itself; name a role of your own, the gate creates the roles below /gate/`},
	"an approver stands there again in another case": {"access.approverArns[1]", "arn:aws:iam::111111111111:role/Approver",
		`prodgate:access.approverArns[1]: "arn:aws:iam::111111111111:role/Approver" is also the role of access.approverArns[0]; leave one of them out, two roles of an account cannot differ only in path or case`},
	"an app runs as a deployer": {"apps[0].taskRoleArn", "arn:aws:iam::111111111111:role/deployer",
		`prodgate:apps[0].taskRoleArn: "arn:aws:iam::111111111111:role/deployer" is also the role of access.deployerArns[0]; name another role, or the app could change the gate`},
	"an app runs as the role for emergencies": {"apps[1].executionRoleArn", "arn:aws:iam::111111111111:role/break-glass",
		`prodgate:apps[1].executionRoleArn: "arn:aws:iam::111111111111:role/break-glass" is also the role of access.breakGlassArn; name another role, or the app could change the gate`},
	"a key of access is misspelt": {"access.breakglassArn", "arn:aws:iam::111111111111:role/x",
		`prodgate:access.breakglassArn: "arn:aws:iam::111111111111:role/x" is set under an unknown key; did you mean breakGlassArn?`},
}

func roles(n int) []any {
	all := words("r", n)
	for i := range all {
		all[i] = "arn:aws:iam::111111111111:role/" + all[i].(string)
	}
	return all
}
