// Package registry is ECR as a registry of OCI artifacts. Its images are those of an ECR that
// is only an API (the emulator's): what is there by a digest is here by that digest. What is
// pushed here, signatures above all, stays here.
package registry

import (
	"bytes"
	"context"
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

var byDigest = regexp.MustCompile(`^/v2/(.+)/manifests/(sha256:[0-9a-f]{64})$`)

func (r *Registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// ECR's own user, and a password that only GetAuthorizationToken gives out.
	if user, password, _ := request.BasicAuth(); user != "AWS" || password == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+request.Host+`",service="ecr.amazonaws.com"`)
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
		return
	}
	if request.Method == http.MethodPut && !byDigest.MatchString(request.URL.Path) && manifests.MatchString(request.URL.Path) {
		// Tags are the images'. They are immutable, so an index of signatures cannot be kept in one.
		http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"only images have tags here"}]}`, http.StatusBadRequest)
		return
	}
	if at := byDigest.FindStringSubmatch(request.URL.Path); at != nil && (request.Method == http.MethodGet || request.Method == http.MethodHead) {
		if err := r.look(request.Context(), at[1], at[2]); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	r.stored.ServeHTTP(w, request)
}

var manifests = regexp.MustCompile(`^/v2/.+/manifests/`)

// look takes over an image that ECR has.
func (r *Registry) look(ctx context.Context, repository, digest string) error {
	answer, err := r.images.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RepositoryName: &repository, ImageIds: []types.ImageIdentifier{{ImageDigest: &digest}},
	})
	var none *types.RepositoryNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, image := range answer.Images {
		put := httptest.NewRequestWithContext(ctx, http.MethodPut, "/v2/"+repository+"/manifests/"+digest,
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
