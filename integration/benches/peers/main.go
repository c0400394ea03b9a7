// The peer that netloft is measured against: the same resources, served by go-control-plane.
//
// It reads them from a file (an envoy.service.discovery.v3.DiscoveryResponse that holds resources
// of every type), serves them in both dialects from one of go-control-plane's two caches, each as
// its documentation has it used, and changes one resource when it is asked to:
//
//	POST /endpoint?name=CLUSTER&mark=ADDRESS   the first endpoint of a cluster moves there
//	POST /route?name=VIRTUAL_HOST&mark=TEXT    a virtual host's routes add a header with that value
//	POST /collect                              garbage is collected and given back
//
// Absent on purpose: anything that would make it more than a peer. All proxies share one snapshot,
// which is the best case of that cache; only the type that changed gets a new version.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
)

// Resources by type URL and name.
type world map[string]map[string]types.Resource

// Where a changed world goes.
type store interface {
	// Of type ty, only name has changed.
	put(w world, ty, name string) error
}

func main() {
	file := flag.String("world", "", "file with a DiscoveryResponse that holds all resources")
	kind := flag.String("cache", "snapshot", "snapshot or linear")
	listen := flag.String("listen", "127.0.0.1:0", "address of the xDS server")
	control := flag.String("control", "127.0.0.1:0", "address that changes are asked for at")
	flag.Parse()
	if err := run(*file, *kind, *listen, *control); err != nil {
		log.Fatal(err)
	}
}

func run(file, kind, listen, control string) error {
	w, err := read(file)
	if err != nil {
		return err
	}
	served, kept, err := open(kind, w)
	if err != nil {
		return err
	}
	xds, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	asked, err := net.Listen("tcp", control)
	if err != nil {
		return err
	}
	serving := grpc.NewServer(grpc.MaxConcurrentStreams(1_000_000))
	discovery.RegisterAggregatedDiscoveryServiceServer(serving, server.NewServer(context.Background(), served, nil))
	ended := make(chan error, 2)
	go func() { ended <- serving.Serve(xds) }()
	go func() { ended <- http.Serve(asked, changes(w, kept)) }()
	fmt.Printf("peer ready grpc=%s http=%s\n", xds.Addr(), asked.Addr())
	return <-ended
}

func read(file string) (world, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all discovery.DiscoveryResponse
	if err := proto.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	w := world{}
	for _, packed := range all.Resources {
		message, err := packed.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		if w[packed.TypeUrl] == nil {
			w[packed.TypeUrl] = map[string]types.Resource{}
		}
		w[packed.TypeUrl][cache.GetResourceName(message)] = message
	}
	return w, nil
}

func open(kind string, w world) (cache.Cache, store, error) {
	switch kind {
	case "snapshot":
		snapshots := cache.NewSnapshotCache(true, everyone{}, nil)
		kept := &snapshot{cache: snapshots, versions: map[string]int{}}
		return snapshots, kept, kept.publish(w)
	case "linear":
		mux := &cache.MuxCache{
			Classify:      func(r *cache.Request) string { return r.TypeUrl },
			ClassifyDelta: func(r *cache.DeltaRequest) string { return r.TypeUrl },
			Caches:        map[string]cache.Cache{},
		}
		kept := linear{}
		for _, ty := range served {
			kept[ty] = cache.NewLinearCache(ty, cache.WithInitialResources(w[ty]))
			mux.Caches[ty] = kept[ty]
		}
		return mux, kept, nil
	}
	return nil, nil, fmt.Errorf("-cache %q: snapshot or linear", kind)
}

var served = []string{resource.ClusterType, resource.EndpointType, resource.ListenerType, resource.RouteType}

// All proxies share one snapshot.
type everyone struct{}

func (everyone) ID(*core.Node) string { return "all" }

type snapshot struct {
	cache    cache.SnapshotCache
	versions map[string]int
	last     cache.Snapshot
}

func (s *snapshot) put(w world, ty, _ string) error {
	s.versions[ty]++
	return s.publish(w)
}

func (s *snapshot) publish(w world) error {
	next := &cache.Snapshot{}
	for _, ty := range served {
		version := fmt.Sprint(s.versions[ty])
		at := cache.GetResponseType(ty)
		if s.last.Resources[at].Version == version {
			next.Resources[at] = s.last.Resources[at]
			continue
		}
		items := make([]types.Resource, 0, len(w[ty]))
		for _, item := range w[ty] {
			items = append(items, item)
		}
		next.Resources[at] = cache.NewResources(version, items)
	}
	s.last = *next
	return s.cache.SetSnapshot(context.Background(), "all", next)
}

type linear map[string]*cache.LinearCache

func (l linear) put(w world, ty, name string) error {
	return l[ty].UpdateResource(name, w[ty][name])
}

// The server that changes are asked for at.
func changes(w world, kept store) http.Handler {
	var alone sync.Mutex
	change := func(ty string, edit func(name, mark string) (string, error)) http.HandlerFunc {
		return func(answer http.ResponseWriter, request *http.Request) {
			alone.Lock()
			defer alone.Unlock()
			name, err := edit(request.FormValue("name"), request.FormValue("mark"))
			if err == nil {
				err = kept.put(w, ty, name)
			}
			if err != nil {
				http.Error(answer, err.Error(), http.StatusInternalServerError)
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /endpoint", change(resource.EndpointType, w.moveEndpoint))
	mux.HandleFunc("POST /route", change(resource.RouteType, w.editRoute))
	mux.HandleFunc("POST /collect", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	return mux
}

// The name of what it has changed.
func (w world) moveEndpoint(name, mark string) (string, error) {
	old, ok := w[resource.EndpointType][name].(*endpoint.ClusterLoadAssignment)
	if !ok || len(old.Endpoints) == 0 || len(old.Endpoints[0].LbEndpoints) == 0 {
		return "", fmt.Errorf("%q has no endpoints", name)
	}
	changed := proto.Clone(old).(*endpoint.ClusterLoadAssignment)
	changed.Endpoints[0].LbEndpoints[0].GetEndpoint().GetAddress().GetSocketAddress().Address = mark
	w[resource.EndpointType][name] = changed
	return name, nil
}

// The name of what it has changed: the route configuration with virtual host name.
func (w world) editRoute(name, mark string) (string, error) {
	for configuration, message := range w[resource.RouteType] {
		old, ok := message.(*route.RouteConfiguration)
		if !ok {
			continue
		}
		for at, host := range old.VirtualHosts {
			if host.Name != name {
				continue
			}
			changed := proto.Clone(old).(*route.RouteConfiguration)
			header := &core.HeaderValue{Key: "x-mark", Value: mark}
			changed.VirtualHosts[at].ResponseHeadersToAdd = []*core.HeaderValueOption{{Header: header}}
			w[resource.RouteType][configuration] = changed
			return configuration, nil
		}
	}
	return "", fmt.Errorf("there is no virtual host %q", name)
}
