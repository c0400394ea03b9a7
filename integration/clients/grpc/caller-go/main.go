// Calls /test.Echo/Who on the target that is its argument, a hundred times a second, until it is
// ended. One line a call: who answered, or `!` with the status and its words.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds"
)

// asItIs is a codec of bytes.
type asItIs struct{}

func (asItIs) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (asItIs) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (asItIs) Name() string { return "proto" }

func main() {
	encoding.RegisterCodecV2(asItIs{})
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	for range time.Tick(10 * time.Millisecond) {
		go func() {
			deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			var request, answer []byte
			err := connection.Invoke(deadline, "/test.Echo/Who", &request, &answer, grpc.ForceCodecV2(asItIs{}))
			if err != nil {
				fmt.Println("!", status.Code(err), status.Convert(err).Message())
				return
			}
			fmt.Println(string(answer))
		}()
	}
}
