package authtest

import (
	"net/http"
	"slices"
)

// release is the version that the simulator says it has.
const release = "26.8.0.cl"

// privilegeSystemInfo stands in for PrivilegeAdministration where it is about
// reading getSystemInformation.
const privilegeSystemInfo = "SYSTEM_INFO_ADMINISTRATION"

// sessionInfo is the part of the responses of session/info and preauth/info that
// the vendor's Visual Embed SDK reads.
type sessionInfo struct {
	UserGUID        string     `json:"userGUID"`
	UserName        string     `json:"userName"`
	UserDisplayName string     `json:"userDisplayName"`
	UserEmail       string     `json:"userEmail"`
	ReleaseVersion  string     `json:"releaseVersion"`
	CurrentOrgID    int32      `json:"currentOrgId"`
	Privileges      []string   `json:"privileges"`
	ConfigInfo      configInfo `json:"configInfo"`
}

type configInfo struct {
	SelfClusterID   string `json:"selfClusterId"`
	SelfClusterName string `json:"selfClusterName"`
	IsPublicUser    bool   `json:"isPublicUser"`
	// The vendor's MCP server offers Orgs only if this is enabled.
	OrgsConfiguration struct {
		Enabled bool `json:"enabled"`
	} `json:"orgsConfiguration"`
	// The SDK sends its telemetry to a third party with one of these keys.
	// They are empty: a test keeps to itself.
	MixpanelConfig struct {
		DevSdkKey  string `json:"devSdkKey"`
		ProdSdkKey string `json:"prodSdkKey"`
		Production bool   `json:"production"`
	} `json:"mixpanelConfig"`
}

func (s *Simulator) sessionInfo(x *exchange) (sessionInfo, error) {
	s.lock(x)
	defer s.mu.Unlock()
	c, err := s.authenticate(x)
	if err != nil {
		return sessionInfo{}, err
	}
	info := sessionInfo{
		UserGUID: c.user.id, UserName: c.user.name, UserDisplayName: c.user.displayName, UserEmail: c.user.email,
		ReleaseVersion: release, CurrentOrgID: c.org.ID, Privileges: append([]string{}, s.privilegesOf(c.user)...),
		ConfigInfo: configInfo{SelfClusterID: s.id, SelfClusterName: "authtest"},
	}
	info.ConfigInfo.OrgsConfiguration.Enabled = len(s.orgs) > 1
	return info, nil
}

// v1Info tells who is behind the token or the session.
func (s *Simulator) v1Info(x *exchange, w http.ResponseWriter) error {
	info, err := s.sessionInfo(x)
	if err != nil {
		return err
	}
	writeJSON(w, info)
	return nil
}

// preauthInfo tells the same, one level down.
func (s *Simulator) preauthInfo(x *exchange, w http.ResponseWriter) error {
	info, err := s.sessionInfo(x)
	if err != nil {
		return err
	}
	writeJSON(w, map[string]sessionInfo{"info": info})
	return nil
}

// systemInfo is the response of getSystemInformation. The pointers are null where
// the simulator has no such thing.
type systemInfo struct {
	ID                          string  `json:"id"`
	Name                        string  `json:"name"`
	ReleaseVersion              string  `json:"release_version"`
	TimeZone                    string  `json:"time_zone"`
	Locale                      string  `json:"locale"`
	DateFormat                  string  `json:"date_format"`
	APIVersion                  string  `json:"api_version"`
	Type                        string  `json:"type"`
	Environment                 string  `json:"environment"`
	License                     string  `json:"license"`
	DateTimeFormat              string  `json:"date_time_format"`
	TimeFormat                  string  `json:"time_format"`
	SystemUserID                *string `json:"system_user_id"`
	SuperUserID                 *string `json:"super_user_id"`
	HiddenObjectID              *string `json:"hidden_object_id"`
	SystemGroupID               *string `json:"system_group_id"`
	TsadminUserID               *string `json:"tsadmin_user_id"`
	AdminGroupID                *string `json:"admin_group_id"`
	AllTablesConnectionID       *string `json:"all_tables_connection_id"`
	AllUserGroupID              *string `json:"all_user_group_id"`
	AcceptLanguage              *string `json:"accept_language"`
	AllUserGroupMemberUserCount int32   `json:"all_user_group_member_user_count"`
	LogicalModelVersion         *int32  `json:"logical_model_version"`
}

// system tells an administrator about the cluster.
func (s *Simulator) system(x *exchange, w http.ResponseWriter) error {
	info, err := s.systemInfo(x)
	if err != nil {
		return err
	}
	writeJSON(w, info)
	return nil
}

func (s *Simulator) systemInfo(x *exchange) (systemInfo, error) {
	s.lock(x)
	defer s.mu.Unlock()
	c, err := s.authenticate(x)
	if err != nil {
		return systemInfo{}, err
	}
	if !s.administers(c.user) && !slices.Contains(s.privilegesOf(c.user), privilegeSystemInfo) {
		return systemInfo{}, forbidden("information about the system needs the privilege %s or %s", PrivilegeAdministration, privilegeSystemInfo)
	}
	info := systemInfo{
		ID: s.id, Name: "authtest", ReleaseVersion: release, TimeZone: "UTC", Locale: "en_US", APIVersion: "v2",
		DateFormat: "MM/dd/yyyy", TimeFormat: "HH:mm", DateTimeFormat: "MM/dd/yyyy HH:mm",
		Type: "PROD", Environment: "CLOUD", License: "ENTERPRISE", AllUserGroupMemberUserCount: int32(len(s.users)),
	}
	if admin := s.users[DefaultUsername]; admin != nil {
		info.TsadminUserID = &admin.id
	}
	return info, nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(mustJSON(v))
}
