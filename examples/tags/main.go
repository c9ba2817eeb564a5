// Tags lists the tags of a cluster, each with the day on which it was made and the Liveboards
// that carry it. It is an example of a client for the rest of the API: openapi.yaml stands for
// the vendor's document, and cfg.yaml and overlay.yaml are those of docs/client.md.
//
// The environment says where to go and as whom; see package config:
//
//	THOUGHTSPOT_HOST         https://acme.thoughtspot.cloud, or without https://
//	THOUGHTSPOT_USERNAME     the user
//	THOUGHTSPOT_PASSWORD     the password, or
//	THOUGHTSPOT_SECRET_KEY   the secret key
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"
)

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config cfg.yaml openapi.yaml

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tags:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	_, flow, err := config.FromEnv()
	if err != nil {
		return err
	}
	return errors.Join(list(ctx, flow, out), flow.Logout(ctx)) // which revokes the token
}

// list writes the tags that the user of a flow can see.
func list(ctx context.Context, flow *authflow.Flow, out io.Writer) error {
	client, err := tsapi.NewClientWithResponses(flow.Server(), tsapi.WithHTTPClient(flow))
	if err != nil {
		return err
	}
	tags, err := client.SearchTagsWithResponse(ctx, tsapi.SearchTagsRequest{})
	if err != nil {
		return err
	}
	if err := authflow.ErrorOf(tags.HTTPResponse); err != nil {
		return err
	}
	if tags.JSON200 == nil {
		return fmt.Errorf("POST /api/rest/2.0/tags/search: %s without a list of tags", tags.Status())
	}
	for _, tag := range *tags.JSON200 {
		made := "unknown"
		if ms := tag.CreationTimeInMillis; ms != nil {
			made = time.UnixMilli(*ms).UTC().Format(time.DateOnly)
		}
		fmt.Fprintf(out, "%s (%s)\n", tag.Name, made)
		if err := liveboards(ctx, client, tag.Id, out); err != nil {
			return fmt.Errorf("tag %s: %w", tag.Name, err)
		}
	}
	return nil
}

// pageSize is the largest number of Liveboards in a response.
const pageSize = 100

// liveboards writes the names of the Liveboards that carry a tag, page by page.
func liveboards(ctx context.Context, client *tsapi.ClientWithResponses, tag string, out io.Writer) error {
	kind, size := tsapi.MetadataListItemInputTypeLIVEBOARD, int32(pageSize)
	for offset := int32(0); ; offset += pageSize {
		page, err := client.SearchMetadataWithResponse(ctx, tsapi.SearchMetadataRequest{
			Metadata:       &[]tsapi.MetadataListItemInput{{Type: &kind}},
			TagIdentifiers: &[]string{tag},
			RecordOffset:   &offset,
			RecordSize:     &size,
		})
		if err != nil {
			return err
		}
		if err := authflow.ErrorOf(page.HTTPResponse); err != nil {
			return err
		}
		if page.JSON200 == nil {
			return fmt.Errorf("POST /api/rest/2.0/metadata/search: %s without a list of objects", page.Status())
		}
		for _, object := range *page.JSON200 {
			if object.MetadataName != nil {
				fmt.Fprintf(out, "  %s\n", *object.MetadataName)
			}
		}
		if len(*page.JSON200) < pageSize {
			return nil
		}
	}
}
