# The image of a release: the binaries that are in its archives, built once.
FROM alpine:3.23.3@sha256:25109184c71bdad752c8312a8623239686a9a2071e8825f20acb8f2198c3f659 AS certificates

FROM scratch
ARG TARGETPLATFORM
LABEL io.modelcontextprotocol.server.name="io.github.wiroai/wiro-mcp"
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY LICENSE THIRD_PARTY_NOTICES.md /
COPY $TARGETPLATFORM/wiro-mcp /wiro-mcp
USER 65532:65532
EXPOSE 8080
ENV WIRO_LISTEN=0.0.0.0:8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/wiro-mcp", "healthcheck"]
ENTRYPOINT ["/wiro-mcp"]
CMD ["http"]
