using System.Text;
using System.Text.Json;
using Cairn.Llb;
using Xunit;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Tests;

public sealed class LoweringTests
{
    [Fact]
    public async Task Stages_the_target_does_not_need_are_not_resolved()
    {
        var host = new GoldenHost("FROM busybox AS a\nRUN x\nFROM scratch AS b\nCOPY f /\nFROM alpine\nRUN y\n");

        await Build(host, ("target", "B"));

        Assert.Empty(host.Requests);
    }

    [Fact]
    public async Task An_image_is_asked_for_by_its_full_name_and_pinned()
    {
        var host = new GoldenHost("FROM busybox\nRUN x\n");

        List<Pb.Op> ops = Ops(await Build(host));

        ImageRequest request = Assert.Single(host.Requests);
        Assert.Equal("docker.io/library/busybox:latest", request.Reference);
        Assert.Equal("[internal] load metadata for docker.io/library/busybox:latest", request.LogName);
        Assert.StartsWith("docker-image://docker.io/library/busybox:latest@sha256:", ops[0].Source.Identifier, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FROM scratch\nCOPY --from=x /a /\n", "x", "docker-image://docker.io/library/alpine:latest")]
    [InlineData("FROM scratch\nCOPY --from=x /a /\n", "x", "https://example.com/x.txt")]
    [InlineData("FROM scratch\nCOPY --from=x /a /\n", "x", "https://example.com/r.git#v1")]
    [InlineData("FROM x\nRUN true\n", "x", "local:other")]
    [InlineData("FROM scratch\nRUN --mount=from=x,target=/x true\n", "x", "local:other")]
    [InlineData("FROM alpine AS x\nRUN never\nFROM scratch\nCOPY --from=x /a /\n", "x", "local:other")]
    public async Task A_context_given_by_name_stands_in(string dockerfile, string name, string value)
    {
        var host = new GoldenHost(dockerfile);

        List<Pb.Op> ops = Ops(await Build(host, ($"context:{name}", value)));

        string expected = value.Split(':')[0] switch
        {
            "local" => "local://other",
            "https" when value.Contains(".git", StringComparison.Ordinal) => "git://example.com/r.git#v1",
            _ => value,
        };
        Assert.Contains(ops, op => op.Source?.Identifier == expected);
        Assert.DoesNotContain(ops, op => op.Exec?.Meta.Args.Contains("never") == true);
    }

    [Fact]
    public async Task Of_a_directory_only_what_is_copied_is_asked_for()
    {
        Pb.Op source = Ops(await Build(new GoldenHost("FROM scratch\nCOPY --from=x /a/b c /\n"), ("context:x", "local:other")))[0];

        Assert.Equal("[\"a/b\",\"c\"]", source.Source.Attrs["local.followpaths"]);
        Assert.Equal("context:x-other", source.Source.Attrs["local.sharedkeyhint"]);
    }

    [Fact]
    public async Task A_directory_that_is_built_on_is_asked_for_as_a_whole()
    {
        const string File = "FROM x AS a\nFROM scratch AS b\nCOPY --from=a /f /\nFROM a\nCOPY --from=b /f /g\n";

        List<Pb.Op> ops = Ops(await Build(new GoldenHost(File), ("context:x", "local:other")));

        Assert.DoesNotContain("local.followpaths", Assert.Single(ops, op => op.Source is not null).Source.Attrs.Keys);
    }

    [Fact]
    public async Task An_oci_layout_names_its_store()
    {
        string digest = "sha256:" + new string('a', 64);
        var host = new GoldenHost("FROM base\nRUN true\n");

        Pb.Op source = Ops(await Build(host, ("context:base", $"oci-layout://store@{digest}")))[0];

        Assert.Equal($"oci-layout://docker.io/library/base:latest@{digest}", source.Source.Identifier);
        Assert.Equal("store", source.Source.Attrs["oci.store"]);
        Assert.Equal("store", host.Requests[0].OciStore);
    }

    [Fact]
    public async Task An_input_is_taken_over_as_it_is()
    {
        FrontendResult inner = await Build(new GoldenHost("FROM scratch\nCOPY a /\n"));
        Pb.Definition given = inner.Platforms[0].Definition;
        var host = new GoldenHost("FROM base\nCOPY b /\n") { Inputs = new Dictionary<string, Pb.Definition> { ["in"] = given } };

        FrontendResult result = await Build(host, ("context:base", "input:in"));

        Assert.Contains(given.Def[1], result.Platforms[0].Definition.Def);
    }

    [Fact]
    public async Task Triggers_of_the_base_run_first_and_are_not_handed_on()
    {
        const string Config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:1"]},"config":{"OnBuild":["COPY --from=tools /t /t","RUN trigger"]}}""";
        var host = new GoldenHost("FROM scratch AS tools\nCOPY t /t\nFROM base\nRUN own\n") { Config = Encoding.UTF8.GetBytes(Config) };

        FrontendResult result = await Build(host);

        Assert.Equal(
            ["[tools 1/1] COPY t /t", "[stage-1 2/4] ONBUILD COPY --from=tools /t /t", "[stage-1 3/4] ONBUILD RUN trigger", "[stage-1 4/4] RUN own"],
            Names(result).Where(name => !name.StartsWith("[internal]", StringComparison.Ordinal) && !name.Contains("FROM ", StringComparison.Ordinal)));
        Assert.False(ConfigOf(result).GetProperty("config").TryGetProperty("OnBuild", out _));
    }

    [Theory]
    [InlineData("FROM scratch\nCOPY --from=0 a /b\n", "circular dependency detected on stage: stage-0", 1)]
    [InlineData("FROM scratch AS a\nCOPY --from=b x /\nFROM scratch AS b\nCOPY y /\n", "it needs to be defined before current stage \"a\"", 2)]
    [InlineData("FROM scratch AS a\nCOPY --from=b x /\nFROM a AS b\n", "circular dependency detected on stage: ", 1)]
    [InlineData("FROM scratch\nCOPY --from=7 a /b\n", "invalid stage index 7", 2)]
    [InlineData("FROM scratch\n# check=sikp=all\nMAINTAINER a\n", "invalid check option \"sikp=all\"", 3)]
    [InlineData("FROM scratch\nCOPY https://x/y /\n", "source can't be a URL for COPY", 2)]
    [InlineData("FROM scratch\nCOPY git@x.com:y /\n", "source can't be a git ref for COPY", 2)]
    [InlineData("FROM scratch\nCOPY --chmod=999 a /\n", "invalid chmod parameter: '999'. it should be octal string and between 0 and 07777", 2)]
    [InlineData("FROM scratch\nADD --checksum=x a b /\n", "checksum can't be specified for multiple sources", 2)]
    [InlineData("FROM scratch\nADD --checksum=x a /\n", "checksum requires HTTP(S) or Git sources", 2)]
    [InlineData("FROM scratch\nRUN --mount=type=tmpfs,target=/ x\n", "invalid mount target \"/\"", 2)]
    [InlineData("FROM scratch\nEXPOSE 99999\n", "invalid containerPort: 99999", 2)]
    [InlineData("FROM scratch\nEXPOSE 1/foo\n", "invalid proto: foo", 2)]
    [InlineData("FROM scratch\nSTOPSIGNAL NOPE\n", "Invalid signal: NOPE", 2)]
    [InlineData("FROM scratch\nENV A=${B?needed}\n", "B: needed", 2)]
    [InlineData("FROM ${NO}\n", "base name (${NO}) should not be blank", 1)]
    [InlineData("FROM --platform=a/b/c/d/e scratch\n", "failed to read platform", 1)]
    [InlineData("FROM Upper\n", "invalid reference format", 1)]
    public async Task What_cannot_be_built_points_at_its_line(string dockerfile, string message, int line)
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(() => Build(new GoldenHost(dockerfile), ("target", "0")));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Sources[0].Ranges[0].StartLine);
    }

    [Fact]
    public async Task An_unknown_target_is_named_with_a_suggestion()
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => Build(new GoldenHost("FROM scratch AS build\n"), ("target", "biuld")));

        Assert.Equal("target stage \"biuld\" could not be found (did you mean build?)", error.Message);
    }

    [Fact]
    public async Task A_base_image_that_cannot_be_resolved_is_named_with_its_line()
    {
        var host = new GoldenHost("FROM scratch AS tools\nFROM toolz\n")
        {
            Refusal = new BuildException(ErrorKind.Environment, "", "", "not found", "Log in."),
        };

        BuildException error = await Assert.ThrowsAsync<BuildException>(() => Build(host));

        Assert.Equal(
            "toolz: failed to resolve source metadata for docker.io/library/toolz:latest: not found (did you mean tools?)", error.Message);
        Assert.Equal(ErrorKind.Environment, error.Kind);
        Assert.Equal("Log in.", error.Remedy);
        Assert.Equal([SourceRange.Lines(2, 2)], Assert.Single(error.Sources).Ranges);
    }

    [Fact]
    public async Task A_missing_dockerfile_is_named()
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => Build(new GoldenHost("FROM scratch").Without("Dockerfile")));

        Assert.Equal("failed to read dockerfile: open Dockerfile: no such file or directory", error.Message);
    }

    [Fact]
    public async Task The_lower_case_file_is_tried_too()
    {
        GoldenHost host = new GoldenHost("FROM scratch").Without("Dockerfile").With("dockerfile", "FROM scratch\nCOPY a /\n");

        Assert.Equal(3, Ops(await Build(host)).Count);
    }

    [Fact]
    public async Task An_ignore_file_beside_the_dockerfile_wins()
    {
        GoldenHost host = new GoldenHost("FROM scratch\nCOPY a /\n")
            .With(".dockerignore", "general\n").With("Dockerfile.dockerignore", "# no\n /special/ \n!keep\n\n");

        Pb.Op context = Ops(await Build(host))[0];

        Assert.Equal("[\"special\",\"!keep\"]", context.Source.Attrs["local.excludepatterns"]);
    }

    [Fact]
    public async Task A_lone_exclamation_mark_in_an_ignore_file_is_an_error()
    {
        GoldenHost host = new GoldenHost("FROM scratch\nCOPY a /\n").With(".dockerignore", "a\n!\n");

        Assert.Equal(
            "failed to read .dockerignore: illegal exclusion pattern: \"!\" on line 2",
            (await Assert.ThrowsAsync<BuildException>(() => Build(host))).Message);
    }

    [Fact]
    public async Task A_git_context_brings_the_dockerfile_too()
    {
        var host = new GoldenHost("FROM scratch\nCOPY a /\n");

        List<Pb.Op> ops = Ops(await Build(host, ("context", "https://example.com/r.git?tag=v1&subdir=d")));

        Assert.Equal("git://example.com/r.git#refs/tags/v1:d", ops[0].Source.Identifier);
        Assert.StartsWith("git://", host.Reads[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.com/r.git?x=1", "unexpected query x")]
    [InlineData("https://example.com/r.git?ref=a&ref=b", "query ref has multiple values")]
    [InlineData("https://example.com/r.git?tag=", "query tag has no value")]
    [InlineData("https://example.com/r.git?branch=a#b", "ref conflicts: b and refs/heads/a")]
    public async Task A_wrong_git_query_is_named(string address, string reason)
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => Build(new GoldenHost("FROM scratch\n"), ("context", address)));

        Assert.Equal($"failed to read git reference {address}: {reason}", error.Message);
    }

    [Fact]
    public async Task Secrets_in_the_environment_are_masked_in_names()
    {
        FrontendResult result = await Build(new GoldenHost("FROM busybox\nENV T=open\nRUN --mount=type=secret,id=t,env=T use $T\n"));

        Assert.Contains(Names(result), name => name.EndsWith("use ****", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_script_with_an_interpreter_is_mounted_and_run()
    {
        FrontendResult result = await Build(new GoldenHost("FROM busybox\nRUN <<EOF\n#!/bin/cat\nx\nEOF\n"));

        Pb.ExecOp exec = Ops(result).Single(op => op.Exec is not null).Exec;
        Assert.Equal(["/bin/sh", "-c", "/dev/pipes/EOF"], exec.Meta.Args);
        Pb.FileActionMkFile script = Ops(result).Single(op => op.File is not null).File.Actions[0].Mkfile;
        Assert.Equal("#!/bin/cat\nx\n", script.Data.ToStringUtf8());
        Assert.Equal(0b111_101_101, script.Mode);
    }

    [Fact]
    public async Task A_mount_without_a_target_is_at_the_working_directory()
    {
        FrontendResult result = await Build(new GoldenHost("FROM busybox\nWORKDIR /w\nRUN --mount=from=busybox --mount=target=sub,type=cache x\n"));

        Pb.ExecOp exec = Ops(result).Single(op => op.Exec is not null).Exec;
        Assert.Equal(["/", "/w", "/w/sub"], exec.Mounts.Select(mount => mount.Dest));
        Assert.Equal("/sub", exec.Mounts[2].CacheOpt.ID);
    }

    [Fact]
    public async Task Values_of_mounts_are_expanded()
    {
        FrontendResult result = await Build(new GoldenHost("FROM busybox\nARG U=7\nENV D=/d\nRUN --mount=type=cache,target=$D/c,uid=$U x\n"));

        Pb.Mount mount = Ops(result).Single(op => op.Exec is not null).Exec.Mounts[1];
        Assert.Equal("/d/c", mount.Dest);
        Assert.Equal(7u, Ops(result).SelectMany(op => op.File?.Actions ?? []).Single().Mkdir.Owner.User.ByID);
    }

    [Fact]
    public async Task Proxies_reach_the_command_but_not_the_history()
    {
        FrontendResult result = await Build(
            new GoldenHost("FROM busybox\nRUN x\n"), ("build-arg:HTTPS_PROXY", "p"), ("build-arg:no_proxy", "l"), ("build-arg:OTHER", "o"));

        Pb.Meta meta = Ops(result).Single(op => op.Exec is not null).Exec.Meta;
        Assert.Equal("p", meta.ProxyEnv.HttpsProxy);
        Assert.Equal("l", meta.ProxyEnv.NoProxy);
        Assert.DoesNotContain(meta.Env, e => e.Contains("OTHER", StringComparison.Ordinal));
        Assert.Equal("RUN /bin/sh -c x # buildkit", ConfigOf(result).GetProperty("history").EnumerateArray().Last().GetProperty("created_by").GetString());
    }

    [Fact]
    public async Task Options_reach_every_command()
    {
        FrontendResult result = await Build(
            new GoldenHost("FROM busybox\nRUN x\n"),
            ("hostname", "h"), ("force-network-mode", "host"), ("memory", "1048576"), ("build-arg:BUILDKIT_CACHE_MOUNT_NS", "ns"));

        Pb.Op op = Ops(result).Single(o => o.Exec is not null);
        Assert.Equal("h", op.Exec.Meta.Hostname);
        Assert.Equal(Pb.NetMode.Host, op.Exec.Network);
        Assert.Contains(result.Platforms[0].Definition.Metadata.Values, m => m.LinuxResources?.Memory == 1048576);
    }

    [Theory]
    [InlineData("shm-size", "much")]
    [InlineData("ulimit", "nofile=9:1")]
    [InlineData("add-hosts", "h=nowhere")]
    [InlineData("force-network-mode", "tunnel")]
    [InlineData("multi-platform", "maybe")]
    [InlineData("image-resolve-mode", "never")]
    public async Task A_wrong_option_is_named(string name, string value)
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(() => Build(new GoldenHost("FROM busybox\nRUN x"), (name, value)));

        Assert.Equal($"failed to read option {name}: invalid value \"{value}\"", error.Message);
    }

    [Theory]
    [InlineData("x", "invalid SOURCE_DATE_EPOCH: x")]
    public async Task A_wrong_epoch_is_named(string value, string message) => Assert.Equal(
        message,
        (await Assert.ThrowsAsync<BuildException>(() => Build(new GoldenHost("FROM scratch"), ("build-arg:SOURCE_DATE_EPOCH", value)))).Message);

    [Fact]
    public async Task The_epoch_is_handed_to_exporters()
    {
        FrontendResult result = await Build(new GoldenHost("ARG SOURCE_DATE_EPOCH=7\nFROM scratch\nWORKDIR /w\n"));

        Assert.Equal("7", Encoding.ASCII.GetString(result.Metadata["source.date.epoch"]));
        Assert.Equal("1970-01-01T00:00:07Z", ConfigOf(result).GetProperty("history")[0].GetProperty("created").GetString());
        Assert.Equal(7_000_000_000, Ops(result)[0].File.Actions[0].Mkdir.Timestamp);
    }

    [Fact]
    public async Task Without_an_epoch_the_exporter_sets_the_times()
    {
        FrontendResult result = await Build(new GoldenHost("FROM scratch\nWORKDIR /w\n"));

        Assert.False(ConfigOf(result).GetProperty("history")[0].TryGetProperty("created", out _));
        Assert.Equal(-1, Ops(result)[0].File.Actions[0].Mkdir.Timestamp);
        Assert.Empty(result.Metadata);
    }

    [Fact]
    public async Task A_stage_on_the_build_platform_runs_there()
    {
        const string File = "FROM --platform=$BUILDPLATFORM busybox AS b\nARG TARGETARCH\nRUN cc $TARGETARCH\nFROM busybox\nCOPY --from=b /o /o\nRUN t\n";
        var host = new GoldenHost(File) { Config = Encoding.UTF8.GetBytes("""{"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}""") };

        FrontendResult result = await Build(host, ("platform", "linux/amd64,linux/arm64"));

        PlatformResult arm = result.Platforms[1];
        Assert.True(result.IsMultiPlatform);
        Assert.Equal(["amd64", "arm64"], Ops(arm).Where(op => op.Exec is not null).Select(op => op.Platform.Architecture).Order());
        Assert.Contains(Names(arm), name => name == "[linux/amd64->arm64 b 2/2] RUN cc arm64");
    }

    [Fact]
    public async Task A_foreign_frontend_is_refused_when_the_host_runs_none()
    {
        BuildException error = await Assert.ThrowsAsync<BuildException>(
            () => Build(new GoldenHost("# syntax=other/frontend:1\nanything")));

        Assert.Equal("the frontend image other/frontend:1 cannot be run here", error.Message);
        Assert.Equal(1, error.Sources[0].Ranges[0].StartLine);
    }

    [Fact]
    public async Task A_large_file_with_everything_in_it_is_lowered()
    {
        const string File = """
            # syntax=docker/dockerfile:1
            ARG GO=1.21
            ARG DEBUG

            # tools for cross builds
            FROM --platform=$BUILDPLATFORM example/xx:${GO%.*} AS xx
            FROM --platform=$BUILDPLATFORM golang:${GO}-alpine AS base
            COPY --link --from=xx / /
            WORKDIR /src

            FROM base AS version
            RUN --mount=target=. \
              # the version of the tree
              V=$(git describe --match 'v[0-9]*'); \

              echo "-X ${V}" | tee /tmp/.flags

            FROM base AS build
            ARG TARGETPLATFORM
            ARG DEBUG FLAGS=${DEBUG:+"all=-N -l"}
            ENV CGO_ENABLED=0 NAME="a b" \
                OTHER=c\ d
            RUN --mount=target=. --mount=target=/root/.cache,type=cache \
                --mount=source=/tmp/.flags,target=/tmp/.flags,from=version <<EOT
              set -ex
              go build -ldflags "$(cat /tmp/.flags)" -o /out/app .
            EOT

            FROM scratch AS bin-linux
            COPY --link --from=build /out/* /
            FROM bin-linux AS bin-linux-debug
            COPY --chmod=755 <<-EOF /start.sh
            	#!/bin/sh
            	exec app \\
            	  --port=\${PORT:-5000} "\$@" $OTHER
            EOF
            FROM bin-$TARGETOS${DEBUG:+-debug} AS bin
            ARG BUILDKIT_SBOM_SCAN_STAGE=true

            FROM base AS pack
            RUN --mount=from=bin tar cz . > "/out/app-$(cat /tmp/v).tgz"

            FROM scratch AS release
            COPY --from=pack /out/ /
            ENTRYPOINT ["/app"]
            EXPOSE 80 443/udp

            """;

        FrontendResult result = await Build(new GoldenHost(File), ("build-arg:DEBUG", "1"), ("platform", "linux/amd64"));

        Assert.Equal(
            [
                "[base 1/3] FROM docker.io/library/golang:1.21-alpine",
                "[xx 1/1] FROM docker.io/example/xx:1",
                "[base 2/3] COPY --link --from=xx / /",
                "[base 2/3] LINK COPY --link --from=xx / /",
                "[base 3/3] WORKDIR /src",
                "[internal] load build context",
                "[version 1/1] RUN --mount=target=.   V=$(git describe --match 'v[0-9]*');   echo \"-X ${V}\" | tee /tmp/.flags",
                "[build 1/1] RUN --mount=target=. --mount=target=/root/.cache,type=cache     --mount=source=/tmp/.flags,target=/tmp/.flags,from=version <<EOT (set -ex...)",
                "[bin-linux 1/1] COPY --link --from=build /out/* /",
                "[internal] preparing inline document",
                "[bin-linux-debug 1/1] COPY --chmod=755 <<-EOF /start.sh",
                "[pack 1/1] RUN --mount=from=bin tar cz . > \"/out/app-$(cat /tmp/v).tgz\"",
                "[release 1/1] COPY --from=pack /out/ /",
            ],
            Names(result).Select(name => name.Split("@sha256")[0]));
        Pb.FileActionMkFile script = Ops(result).SelectMany(op => op.File?.Actions ?? []).Single(action => action.Mkfile is not null).Mkfile;
        Assert.Equal("#!/bin/sh\nexec app \\\n  --port=${PORT:-5000} \"$@\" \n", script.Data.ToStringUtf8());
        Pb.Meta build = Ops(result).Single(op => op.Exec?.Meta.Args[^1].Contains("go build", StringComparison.Ordinal) == true).Exec.Meta;
        Assert.Equal(["TARGETPLATFORM=linux/amd64", "DEBUG=1", "FLAGS=all=-N -l", "CGO_ENABLED=0", "NAME=a b", "OTHER=c d"],
            build.Env.Where(variable => !variable.StartsWith("PATH=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_same_input_gives_the_same_bytes()
    {
        const string File = "FROM busybox\nCOPY --link a /\nRUN --mount=type=cache,target=/c x\n";

        FrontendResult first = await Build(new GoldenHost(File));
        FrontendResult second = await Build(new GoldenHost(File));

        Assert.Equal(first.Platforms[0].Definition, second.Platforms[0].Definition);
        Assert.Equal(first.Platforms[0].Config, second.Platforms[0].Config);
    }

    [Fact]
    public async Task A_long_chain_is_lowered()
    {
        string file = "FROM scratch\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"COPY a /{i}\n"));

        Assert.Equal(5002, Ops(await Build(new GoldenHost(file))).Count);
    }

    private static async Task<FrontendResult> Build(GoldenHost host, params (string Name, string Value)[] options) =>
        (await DockerfileFrontend.BuildAsync(
            host, options.ToDictionary(option => option.Name, option => option.Value), TestContext.Current.CancellationToken))!;

    private static List<Pb.Op> Ops(FrontendResult result) => Ops(result.Platforms[0]);

    private static List<Pb.Op> Ops(PlatformResult result) => [.. result.Definition.Def.Select(bytes => Pb.Op.Parser.ParseFrom(bytes))];

    private static List<string> Names(FrontendResult result) => Names(result.Platforms[0]);

    private static List<string> Names(PlatformResult result) =>
        [.. result.Definition.Def.SkipLast(1).Select(bytes => result.Definition.Metadata[Digest.Sha256(bytes.Span).ToString()].Description["llb.customname"])];

    private static JsonElement ConfigOf(FrontendResult result) => JsonDocument.Parse(result.Platforms[0].Config).RootElement;
}
