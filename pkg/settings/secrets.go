package settings

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/buildspec"
)

// buildVariables are the variables that the build already has (CodeBuild User Guide, Environment
// variables in build environments), and those that a shell interprets.
var buildVariables = slices.Concat(
	[]string{"PATH", "HOME", "PWD", "SHELL", "IFS", "ENV", "BASH_ENV", buildspec.BuildSecrets},
	buildspec.Required("build"), buildspec.Exported("build"),
)

// reservedPrefixes are the prefixes of names that CodeBuild, AWS's SDKs and docker reserve.
var reservedPrefixes = []string{"CODEBUILD_", "AWS_", "DOCKER_"}

// checkSecrets checks an app's secrets, which the gate adopts or creates. at is the place of the app.
func (c *checker) checkSecrets(at place, secrets []Secret, s *Settings) {
	first := map[string]int{}
	for i, secret := range secrets {
		one := at.child("secrets").item(i)
		name, adopted, key := one.child("name"), one.child("arn"), one.child("keyArn")
		rotation, days := one.child("rotationLambdaArn"), one.child("rotationDays")

		if earlier, twice := first[secret.Name]; twice && secret.Name != "" {
			c.add(name, show(secret.Name), fmt.Sprintf("is also the variable of secrets[%d]", earlier), "give each secret a variable of its own")
		} else {
			first[secret.Name] = i
		}
		begins := func(prefix string) bool { return strings.HasPrefix(secret.Name, prefix) }
		if slices.Contains(buildVariables, secret.Name) || slices.ContainsFunc(reservedPrefixes, begins) {
			c.add(name, show(secret.Name), "is already a variable of the build", "choose another name")
		}

		c.checkARN(adopted, secretARN, secret.Arn, s)
		c.checkARN(key, keyARN, secret.KeyArn, s)
		c.checkARN(rotation, functionARN, secret.RotationLambdaArn, s)
		if c.isSet[key.key] {
			c.require(adopted, key, "write the secret that this key encrypts, a secret that the gate creates has a key of its own")
		}
		if c.isSet[adopted.key] && c.isSet[rotation.key] && !c.hasProblem(rotation) {
			c.add(rotation, show(secret.RotationLambdaArn), "has no effect on an adopted secret", "leave the key out, the owner of the secret rotates it")
		}
		if c.isSet[days.key] {
			c.require(rotation, days, "write the ARN of the function that rotates the secret, or leave out rotationDays too")
		}
	}
}

// IsCreated reports whether the gate creates the secret. Otherwise it adopts one.
func (s Secret) IsCreated() bool { return s.Arn == "" }

// CreatesSecrets reports whether the gate creates a secret for any app.
func (s *Settings) CreatesSecrets() bool {
	return slices.ContainsFunc(s.Apps, func(app App) bool { return slices.ContainsFunc(app.Secrets, Secret.IsCreated) })
}
