# The server, the command line and the witness on Debian 12, with runtime packages only:
#   docker build --tag concordat:0.1.0 .
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts scripts
RUN scripts/install_packages.sh build
COPY . .
RUN cmake --preset dev -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold \
  && cmake --build build --target concordatd concordat concordat-witness \
  && install -D --strip --target-directory=/programs \
    build/server/concordatd build/client/cli/concordat build/witness/concordat-witness

FROM debian:bookworm-slim
COPY scripts/lib.sh scripts/install_packages.sh /tmp/scripts/
RUN /tmp/scripts/install_packages.sh runtime \
  && rm -rf /tmp/scripts /var/lib/apt/lists/* /var/cache/apt/* \
  && groupadd --gid 10001 concordat \
  && useradd --uid 10001 --gid concordat --no-create-home --shell /usr/sbin/nologin concordat \
  && install --directory --owner=concordat --group=concordat --mode=0700 /var/lib/concordat
COPY --from=build /programs/ /usr/local/bin/
COPY LICENSE /usr/share/doc/concordat/LICENSE
USER 10001:10001
EXPOSE 8443
VOLUME /var/lib/concordat
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/concordatd"]
CMD ["serve", "--config=/etc/concordat/server.yaml"]
