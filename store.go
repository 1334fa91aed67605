package wiromcp

import "github.com/wiroai/wiro-mcp-go/internal/store"

// Store remembers what outlives a call: submitted runs and spending. OpenStore opens one.
type Store struct{ store *store.Store }

// StoreOptions change how a Store is opened. The zero value works.
type StoreOptions struct {
	// OrMemory replaces a folder that cannot be written by memory, and is told why. If nil, such
	// a store refuses the calls that need it.
	OrMemory func(error)
}

// OpenStore returns the store at an address: "memory", "file:FOLDER", which several processes
// on a machine may share, or "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]" for several
// replicas. It fails only if the address cannot be one: nothing is created or connected before
// the first use. The caller should call Close when finished.
func OpenStore(address string, o StoreOptions) (*Store, error) {
	s, err := store.Open(address, store.Options{OrMemory: o.OrMemory})
	if err != nil {
		return nil, err
	}
	return &Store{s}, nil
}

// Close gives up what this process holds, so that others may go on with it, and closes
// connections.
func (s *Store) Close() error { return s.store.Close() }
