// Package cloud is one account's emulated AWS and GitHub. Their state is kept in a folder from
// one run to the next.
package cloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"prodgate/sandbox/emulators/github"
	"prodgate/sandbox/toolchain"
)

// Cloud is a running cloud.
type Cloud struct {
	// AWS and GitHub are the base URLs of the two emulators.
	AWS, GitHub string
	// Account is the AWS account, Owner the owner on GitHub.
	Account, Owner string
	// Organization is the one that the account is in.
	Organization Organization

	moto   *exec.Cmd
	log    string          // the file with moto's stderr
	stdin  io.Closer       // moto saves its state and ends when its stdin is closed
	github *github.Server  // nil without GitHub
	seeded map[string]bool // roles that exist, by ARN
}

// Start starts the emulators of an account with what dir holds; of GitHub only
// where the seed has an owner. The account has the roles, by ARN, and its
// credentials are of a session of the first. The workload is created where it does not exist.
func Start(ctx context.Context, kit *toolchain.Kit, dir, account string, seed github.Seed, organization Organization, workload Workload, roles ...string) (*Cloud, error) {
	c := &Cloud{Account: account, Owner: seed.Owner.Login, Organization: organization, seeded: map[string]bool{}}
	if seed.Owner.Login != "" {
		var err error
		if c.github, err = github.New(filepath.Join(dir, "github.json"), seed); err != nil {
			return nil, fmt.Errorf("GitHub emulator: %w", err)
		}
		if c.GitHub, err = c.github.Listen(); err != nil {
			return nil, fmt.Errorf("GitHub emulator: %w", err)
		}
	}
	if err := c.startMoto(kit, dir, roles); err != nil {
		return nil, errors.Join(fmt.Errorf("AWS emulator: %w", err), c.stopGitHub())
	}
	if err := errors.Join(c.seedRoles(ctx, roles), c.createOrganization(ctx), c.seedWorkload(ctx, workload)); err != nil {
		return nil, errors.Join(fmt.Errorf("AWS emulator: %w", err), c.Stop())
	}
	return c, nil
}

// startMoto starts moto and waits for the line with its address.
func (c *Cloud) startMoto(kit *toolchain.Kit, dir string, roles []string) error {
	c.log = filepath.Join(dir, "moto.log")
	logFile, err := os.Create(c.log)
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	c.moto = exec.Command(kit.Moto, "--state", filepath.Join(dir, "aws.state"))
	c.moto.Env = append(os.Environ(), "MOTO_ACCOUNT_ID="+c.Account, "PYTHONDONTWRITEBYTECODE=1")
	if len(roles) > 0 {
		c.moto.Env = append(c.moto.Env, "SANDBOX_ROLE="+path.Base(roles[0]))
	}
	c.moto.Stderr = logFile
	ownGroup(c.moto)
	// moto reads this pipe, which closes however this process ends.
	if c.stdin, err = c.moto.StdinPipe(); err != nil {
		return err
	}
	stdout, err := c.moto.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.moto.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = c.moto.Wait()
		return fmt.Errorf("did not start:\n%s", c.logTail())
	}
	c.AWS = url
	return nil
}

// Stop ends both emulators, which save their state.
func (c *Cloud) Stop() error {
	_ = c.stdin.Close()
	err := c.moto.Wait()
	if err != nil {
		err = fmt.Errorf("AWS emulator: %w\n%s", err, c.logTail())
	}
	return errors.Join(err, c.stopGitHub())
}

// logTail is the end of moto's stderr, which has the reason of a failure.
func (c *Cloud) logTail() string {
	const most = 4000
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

func (c *Cloud) stopGitHub() error {
	if c.github == nil {
		return nil
	}
	return c.github.Close()
}

// UnknownCalls are the calls that the GitHub emulator does not emulate.
func (c *Cloud) UnknownCalls() []string {
	if c.github == nil {
		return nil
	}
	return c.github.UnknownCalls()
}

// Env makes the unchanged providers and the unchanged aws CLI use the emulators; the product
// needs no setting for it.
func (c *Cloud) Env() []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + c.AWS,
		"AWS_ENDPOINT_URL_S3_CONTROL=" + c.AWS,
		"AWS_ACCESS_KEY_ID=sandbox", "AWS_SECRET_ACCESS_KEY=sandbox",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		// The provider retries an operation that the emulator lacks, a 500, up to 25
		// times by default. With 1 attempt a closed connection would fail the run.
		"AWS_MAX_ATTEMPTS=5",
	}
	if c.GitHub != "" {
		env = append(env, "GITHUB_BASE_URL="+c.GitHub, "GITHUB_TOKEN=sandbox")
	}
	return env
}

// AWSConfig is Env for AWS's SDK.
func (c *Cloud) AWSConfig(ctx context.Context, region string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx,
		config.WithRegion(region),
		config.WithBaseEndpoint(c.AWS),
		config.WithSharedConfigFiles(nil), config.WithSharedCredentialsFiles(nil),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("sandbox", "sandbox", "")),
	)
}

// DeploymentBranch returns the id of the policy that allows a branch to deploy to an
// environment; empty if there is none.
func (c *Cloud) DeploymentBranch(ctx context.Context, repository, environment, branch string) (string, error) {
	var listed struct {
		Policies []struct {
			ID   int64
			Name string
		} `json:"branch_policies"`
	}
	if _, err := c.GetGitHub(ctx, repository, "environments/"+environment+"/deployment-branch-policies", &listed); err != nil {
		return "", err
	}
	for _, p := range listed.Policies {
		if p.Name == branch {
			return strconv.FormatInt(p.ID, 10), nil
		}
	}
	return "", nil
}

// GetGitHub reads a path of a repository, such as branches/prod, and reports whether it exists.
// The response is decoded into found, unless found is nil. Without GitHub nothing exists.
func (c *Cloud) GetGitHub(ctx context.Context, repository, what string, found any) (bool, error) {
	if c.GitHub == "" {
		return false, nil
	}
	url := fmt.Sprintf("%sapi/v3/repos/%s/%s/%s", c.GitHub, c.Owner, repository, what)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", "Bearer sandbox")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	exists := response.StatusCode == http.StatusOK
	if exists && found != nil {
		err = json.NewDecoder(response.Body).Decode(found)
	}
	return exists, errors.Join(err, response.Body.Close())
}
