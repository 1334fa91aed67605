# A static binary in an empty image, run by nobody. It serves HTTP; "docker run -i IMAGE stdio" serves stdio.
FROM --platform=$BUILDPLATFORM golang:1.26.8-alpine@sha256:8ac98ca534ac3f51e1f420a1dd2c15e74c75cfa0f23f3ad27eb5d7236c349a0c AS build
ARG VERSION=dev TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags "-s -w -X github.com/wiroai/wiro-mcp-go.version=$VERSION" \
    -o /wiro-mcp ./cmd/wiro-mcp

FROM scratch
LABEL io.modelcontextprotocol.server.name="io.github.wiroai/wiro-mcp" \
      org.opencontainers.image.source="https://github.com/wiroai/wiro-mcp-go" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY LICENSE THIRD_PARTY_NOTICES.md /
COPY --from=build /wiro-mcp /wiro-mcp
USER 65532:65532
EXPOSE 8080
ENV WIRO_LISTEN=0.0.0.0:8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/wiro-mcp", "healthcheck"]
ENTRYPOINT ["/wiro-mcp"]
CMD ["http"]
