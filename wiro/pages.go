package wiro

import "iter"

const (
	defaultListLimit = 20   // of a list for which the caller names no limit
	defaultAllLimit  = 100  // of the pages of an iterator
	maxLimit         = 1000 // of most lists
)

func listLimit(limit int) int {
	if limit <= 0 {
		return defaultListLimit
	}
	return limit
}

// allPages iterates over a list that is paged by offset. Fetch returns a page and how long the
// list is; 0 or below if it does not say: then a page that is shorter than its limit is the
// last. An element that moved onto the next page, because others came before it meanwhile, is
// not returned twice. The iterator ends after the first error.
func allPages[T any](start, limit int, id func(T) string, fetch func(start, limit int) ([]T, int64, error)) iter.Seq2[T, error] {
	if limit <= 0 {
		limit = defaultAllLimit
	}
	limit = min(limit, maxLimit)
	return func(yield func(T, error) bool) {
		seen := map[string]bool{} // on the page before
		for offset := max(0, start); ; {
			items, total, err := fetch(offset, limit)
			previous := seen
			seen = make(map[string]bool, len(items))
			for _, item := range items {
				name := id(item)
				seen[name] = true
				if (name == "" || !previous[name]) && !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			offset += len(items)
			if len(items) == 0 || total > 0 && int64(offset) >= total || total <= 0 && len(items) < limit {
				return
			}
		}
	}
}
