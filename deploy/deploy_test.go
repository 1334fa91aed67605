// Package deploy checks that what is in this folder can be deployed, and fits the server.
package deploy

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

// kinds are the types of what the manifests declare.
var kinds = map[string]func() any{
	"apps/v1 Deployment":                     func() any { return &apps.Deployment{} },
	"apps/v1 StatefulSet":                    func() any { return &apps.StatefulSet{} },
	"v1 Service":                             func() any { return &core.Service{} },
	"networking.k8s.io/v1 Ingress":           func() any { return &networking.Ingress{} },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return &networking.NetworkPolicy{} },
	"policy/v1 PodDisruptionBudget":          func() any { return &policy.PodDisruptionBudget{} },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return &autoscaling.HorizontalPodAutoscaler{} },
}

// read returns a file of this folder.
func read(t *testing.T, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(name...))
	require.NoError(t, err)
	return string(data)
}

// manifests returns all objects that kustomization.yaml lists, by kind and name.
func manifests(t *testing.T) map[string]any {
	t.Helper()
	var kustomization struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "kubernetes", "kustomization.yaml")), &kustomization))
	found := map[string]any{}
	for _, file := range kustomization.Resources {
		for document := range strings.SplitSeq(read(t, "kubernetes", file), "\n---\n") {
			var meta struct {
				APIVersion string `json:"apiVersion"`
				Kind       string `json:"kind"`
				Metadata   struct{ Name string }
			}
			require.NoError(t, yaml.Unmarshal([]byte(document), &meta), file)
			object, ok := kinds[meta.APIVersion+" "+meta.Kind]
			require.True(t, ok, "%s: %s %s", file, meta.APIVersion, meta.Kind)
			typed := object()
			require.NoError(t, yaml.UnmarshalStrict([]byte(document), typed), "%s, %s", file, meta.Kind)
			found[meta.Kind+" "+meta.Metadata.Name] = typed
		}
	}
	return found
}

func TestTheManifestsAreWhatKubernetesTakes(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	require.Len(t, all, 9, slices.Sorted(maps.Keys(all)))
	require.Error(t, yaml.UnmarshalStrict([]byte("spec: {replica: 3}"), &apps.Deployment{}), "a field that does not exist is found")
}

func TestTheManifestsFitTogether(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	server, _ := all["Deployment wiro-mcp"].(*apps.Deployment)
	scaler, _ := all["HorizontalPodAutoscaler wiro-mcp"].(*autoscaling.HorizontalPodAutoscaler)
	budget, _ := all["PodDisruptionBudget wiro-mcp"].(*policy.PodDisruptionBudget)
	ingress, _ := all["Ingress wiro-mcp"].(*networking.Ingress)
	web, _ := all["NetworkPolicy wiro-mcp"].(*networking.NetworkPolicy)
	store, _ := all["StatefulSet wiro-mcp-store"].(*apps.StatefulSet)
	service, _ := all["Service wiro-mcp"].(*core.Service)

	require.Equal(t, int32(3), *server.Spec.Replicas)
	require.Equal(t, *server.Spec.Replicas, *scaler.Spec.MinReplicas)
	require.Equal(t, server.Name, scaler.Spec.ScaleTargetRef.Name)
	require.Equal(t, "wiro_mcp_waits", scaler.Spec.Metrics[0].Pods.Metric.Name)
	labels := server.Spec.Template.Labels
	for _, selector := range []map[string]string{server.Spec.Selector.MatchLabels, budget.Spec.Selector.MatchLabels, web.Spec.PodSelector.MatchLabels, service.Spec.Selector} {
		require.Equal(t, labels, selector)
	}
	require.Equal(t, store.Spec.Template.Labels, web.Spec.Egress[1].To[0].PodSelector.MatchLabels)

	require.NotNil(t, server.Spec.Template.Spec.EnableServiceLinks)
	require.False(t, *server.Spec.Template.Spec.EnableServiceLinks, "WIRO_MCP_SERVICE_HOST and the like are no settings")
	require.NotEmpty(t, config.Unknown([]string{"WIRO_MCP_SERVICE_HOST=10.0.0.1"}))

	container := server.Spec.Template.Spec.Containers[0]
	ports := map[string]int32{}
	for _, p := range container.Ports {
		ports[p.Name] = p.ContainerPort
	}
	require.Equal(t, map[string]int32{"http": 8080, "admin": 9090}, ports)
	require.Equal(t, "9090", server.Spec.Template.Annotations["prometheus.io/port"])
	require.Equal(t, "http", service.Spec.Ports[0].TargetPort.String())
	require.Equal(t, service.Name, ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name)
	require.Equal(t, networking.PathTypePrefix, *ingress.Spec.Rules[0].HTTP.Paths[0].PathType)
	require.Equal(t, "/", ingress.Spec.Rules[0].HTTP.Paths[0].Path)

	set := map[string]string{}
	for _, e := range container.Env {
		set[e.Name] = e.Value
		if e.ValueFrom != nil {
			set[e.Name] = strings.Repeat("s", 44) // of the secret
		}
	}
	settings := settingsOf(t, set)
	require.Equal(t, "https://"+ingress.Spec.Rules[0].Host, settings.PublicURL)
	require.Equal(t, []string{ingress.Spec.Rules[0].Host}, []string(settings.AllowedHosts))
	pause := container.Lifecycle.PreStop.Sleep.Seconds + int64(settings.ShutdownGrace.Seconds())
	require.Greater(t, *server.Spec.Template.Spec.TerminationGracePeriodSeconds, pause)
	require.Equal(t, "redis://"+store.Name+":6379", set["WIRO_STORE"])
	limit, soft := container.Resources.Limits.Memory().Value(), int64(460<<20)
	require.Equal(t, "460MiB", set["GOMEMLIMIT"])
	require.InDelta(t, 0.9, float64(soft)/float64(limit), 0.01)
}

// settingsOf reads variables as the http command does: all of them must exist and be valid.
func settingsOf(t *testing.T, set map[string]string) config.HTTP {
	t.Helper()
	var environ []string
	for name, value := range set {
		environ = append(environ, name+"="+value)
	}
	require.Empty(t, config.Unknown(environ))
	var common config.Config
	require.NoError(t, config.Load(environ, nil, &common))
	var settings config.HTTP
	require.NoError(t, config.Load(environ, nil, &settings))
	return settings
}

// compose is what compose.yaml uses of the Compose specification.
type compose struct {
	Name     string
	Services map[string]struct {
		Build           string
		Image           string
		Restart         string
		Profiles        []string
		Deploy          struct{ Replicas int }
		DependsOn       any `json:"depends_on"`
		Command         []string
		Environment     map[string]string
		Expose          []string
		Ports           []string
		Networks        []string
		Volumes         []string
		Healthcheck     map[string]any
		User            string
		ReadOnly        bool     `json:"read_only"`
		CapDrop         []string `json:"cap_drop"`
		CapAdd          []string `json:"cap_add"`
		SecurityOpt     []string `json:"security_opt"`
		MemLimit        string   `json:"mem_limit"`
		StopGracePeriod string   `json:"stop_grace_period"`
	}
	Networks map[string]any
	Volumes  map[string]any
}

func TestTheComposeFileFitsTheServer(t *testing.T) {
	t.Parallel()
	var file compose
	text := strings.NewReplacer(
		"${WIRO_MCP_DOMAIN:?the domain that people connect to}", "mcp.example.com", "${WIRO_MCP_DOMAIN}", "mcp.example.com",
		"${WIRO_OAUTH_SECRET:?from openssl rand -base64 32}", strings.Repeat("s", 44), "${GRAFANA_PASSWORD:-}", "",
	).Replace(read(t, "compose.yaml"))
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &file))
	require.NotContains(t, strings.Join(slices.Collect(maps.Values(file.Services["wiro-mcp"].Environment)), " "), "$")
	server := file.Services["wiro-mcp"]
	require.Equal(t, 2, server.Deploy.Replicas)
	settings := settingsOf(t, server.Environment)
	require.Equal(t, "https://mcp.example.com", settings.PublicURL)
	require.Equal(t, "redis://valkey:6379", server.Environment["WIRO_STORE"])
	require.Contains(t, file.Networks, "inside")
	require.Contains(t, file.Services["valkey"].Command, "noeviction", "what is evicted could be paid for twice")
	for name, service := range file.Services {
		require.NotEmpty(t, service.Image, name)
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(source, "./") {
				require.FileExists(t, source, name)
			} else {
				require.Contains(t, file.Volumes, source, name)
			}
		}
	}
	require.Contains(t, read(t, "Caddyfile"), "dynamic a wiro-mcp 8080")
	require.Contains(t, server.Expose, "8080")
	require.Contains(t, read(t, "monitoring", "prometheus.yml"), "names: [wiro-mcp], type: A, port: 9090")
	_, port, _ := strings.Cut(settings.AdminListen, ":")
	require.Equal(t, "9090", port)
}
