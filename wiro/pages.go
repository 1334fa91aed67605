package wiro

import "iter"

// maxPage is the largest page of most lists.
const maxPage = 1000

// allPages iterates over a list that is paged by offset. It ends with an error, or with a page
// that is shorter than its limit: not every list states how long it is.
func allPages[T any](start, limit int, fetch func(start, limit int) ([]T, error)) iter.Seq2[T, error] {
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, maxPage)
	return func(yield func(T, error) bool) {
		for offset := start; ; offset += limit {
			items, err := fetch(offset, limit)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if len(items) < limit {
				return
			}
		}
	}
}
