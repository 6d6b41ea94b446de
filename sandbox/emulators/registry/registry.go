// Package registry is ECR as a registry of OCI artifacts. Its images are those of an ECR that
// is only an API (the emulator's): what is there by a digest is here by that digest. What is
// pushed here, signatures above all, stays here.
package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/registry"
)

// Registry answers for account.dkr.ecr.region.amazonaws.com.
type Registry struct {
	images *ecr.Client
	stored http.Handler
}

// New is a registry in front of an ECR.
func New(images *ecr.Client) *Registry {
	return &Registry{images: images, stored: registry.New(
		registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))}
}

func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// ECR's own user, and a password that only GetAuthorizationToken gives out.
	if user, password, _ := request.BasicAuth(); user != "AWS" || password == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+request.Host+`",service="ecr.amazonaws.com"`)
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
		return
	}
	var err error
	at := manifest.FindStringSubmatch(request.URL.Path)
	switch {
	case at == nil:
	case request.Method != http.MethodPut:
		err = r.look(request.Context(), at[1], at[2])
	case !digest.MatchString(at[2]):
		// Tags are the images', and immutable: no index of signatures can be kept in one.
		http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"only images have tags here"}]}`, http.StatusBadRequest)
		return
	default:
		err = subject(w, request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.stored.ServeHTTP(w, request)
}

var (
	manifest = regexp.MustCompile(`^/v2/(.+)/manifests/([^/]+)$`)
	digest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// subject says that a manifest was taken for a referrer, as a registry that knows them does.
func subject(w http.ResponseWriter, request *http.Request) error {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	var refers struct{ Subject struct{ Digest string } }
	if err := json.Unmarshal(body, &refers); err != nil {
		return err
	}
	if refers.Subject.Digest != "" {
		w.Header().Set("OCI-Subject", refers.Subject.Digest)
	}
	return nil
}

// look takes over an image that ECR has, by its digest.
func (r *Registry) look(ctx context.Context, repository, by string) error {
	if !digest.MatchString(by) {
		return nil
	}
	answer, err := r.images.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RepositoryName: &repository, ImageIds: []types.ImageIdentifier{{ImageDigest: &by}},
	})
	var none *types.RepositoryNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, image := range answer.Images {
		put := httptest.NewRequestWithContext(ctx, http.MethodPut, "/v2/"+repository+"/manifests/"+by,
			bytes.NewReader([]byte(aws.ToString(image.ImageManifest))))
		put.Header.Set("Content-Type", aws.ToString(image.ImageManifestMediaType))
		answer := httptest.NewRecorder()
		r.stored.ServeHTTP(answer, put)
		if answer.Code != http.StatusCreated {
			return errors.New(answer.Body.String())
		}
	}
	return nil
}
