# A static binary in an empty image, run by nobody.
FROM golang:1.26 AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath \
    -ldflags "-s -w -X github.com/wiroai/wiro-mcp-go.version=$VERSION" \
    -o /wiro-mcp ./cmd/wiro-mcp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /wiro-mcp /wiro-mcp
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/wiro-mcp"]
CMD ["http", "--listen", "0.0.0.0:8080"]
