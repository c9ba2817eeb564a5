package contract_test

import (
	"context"
	"encoding/json"
	"io"
	"reflect"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// caller calls an operation with a body as it is. Operations without a body
// leave out the content type and the body.
type caller func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error)

// callers are the operations of the generated client. Whether they are all
// operations of the document is checked where they are used.
func callers() map[string]caller {
	return map[string]caller{
		"login": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.LoginWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"logout": func(ctx context.Context, api *gen.ClientWithResponses, _ string, _ io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.LogoutWithResponse(ctx, with...))
		},
		"getCurrentUserInfo": func(ctx context.Context, api *gen.ClientWithResponses, _ string, _ io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.GetCurrentUserInfoWithResponse(ctx, with...))
		},
		"getCurrentUserToken": func(ctx context.Context, api *gen.ClientWithResponses, _ string, _ io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.GetCurrentUserTokenWithResponse(ctx, with...))
		},
		"getFullAccessToken": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.GetFullAccessTokenWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"getObjectAccessToken": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.GetObjectAccessTokenWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"getCustomAccessToken": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.GetCustomAccessTokenWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"revokeToken": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.RevokeTokenWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"validateToken": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.ValidateTokenWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"searchAuthSettings": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.SearchAuthSettingsWithBodyWithResponse(ctx, contentType, body, with...))
		},
		"configureAuthSettings": func(ctx context.Context, api *gen.ClientWithResponses, contentType string, body io.Reader, with ...gen.RequestEditorFn) (answered, error) {
			return result(api.ConfigureAuthSettingsWithBodyWithResponse(ctx, contentType, body, with...))
		},
	}
}

// result keeps the nil pointer that comes with an error from being a response.
func result[T answered](r T, err error) (answered, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// expressed makes the Flow that would send a body, if the client's types can
// express that body: it must come out of them as it went in.
type expressed func(c *authflow.Cluster, body []byte) (flow *authflow.Flow, same bool, err error)

func expressing[R any](construct func(*authflow.Cluster, R, ...authflow.FlowOption) (*authflow.Flow, error)) expressed {
	return func(c *authflow.Cluster, body []byte) (*authflow.Flow, bool, error) {
		request, same := express[R](body)
		if !same {
			return nil, false, nil
		}
		flow, err := construct(c, request)
		return flow, true, err
	}
}

// express reads a body into R; ok tells whether R would send that same body.
func express[R any](body []byte) (request R, ok bool) {
	if json.Unmarshal(body, &request) != nil {
		return request, false
	}
	again, err := json.Marshal(request)
	if err != nil {
		return request, false
	}
	var before, after any
	return request, decode(body, &before) == nil && decode(again, &after) == nil && reflect.DeepEqual(before, after)
}

// constructors are the operations that a Flow acquires with.
func constructors() map[string]expressed {
	return map[string]expressed{
		"login":                expressing((*authflow.Cluster).Session),
		"getFullAccessToken":   expressing((*authflow.Cluster).FullAccess),
		"getObjectAccessToken": expressing((*authflow.Cluster).ObjectAccess),
		"getCustomAccessToken": expressing((*authflow.Cluster).CustomAccess),
	}
}
