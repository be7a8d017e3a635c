using System.Text;
using Cairn.Llb.Building;
using Cairn.Protos.Pb;
using ProgressGroup = Cairn.Llb.Building.ProgressGroup;

namespace Cairn.Llb.Tests;

/// <summary>The graphs of tests/golden/definitions, described once more with the builder of this room.</summary>
internal static class GoldenGraphs
{
    private const string DigestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string DigestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Commit = "0123456789012345678901234567890123456789";
    private const long Time = 1_700_000_000_123_456_789;

    private static readonly Dictionary<string, Func<Definition>> Graphs = new(StringComparer.Ordinal);
    private static readonly LocalOptions Session = new() { SessionId = "golden-session" };

    static GoldenGraphs()
    {
        Sources();
        Runs();
        Mounts();
        Files();
        Joins();
        Metadata();
        Solved();
    }

    public static IEnumerable<string> Names => Graphs.Keys.Order(StringComparer.Ordinal);

    private static State Busybox => State.Image("busybox:latest");

    private static State Alpine => State.Image("alpine");

    private static State Context => State.Local("context", Session);

    private static State A => Make("/a", "a");

    private static State B => Make("/b", "b");

    public static Definition Build(string name) => Graphs[name]();

    private static int Octal(string digits) => Convert.ToInt32(digits, 8);

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    private static FileActions MakeFile(string path, string content) => FileActions.None.MakeFile(path, Octal("644"), Text(content));

    private static State Make(string path, string content, State? on = null) => (on ?? State.Scratch).File(MakeFile(path, content));

    private static void Add(string name, Func<State> build, MarshalOptions? options = null) =>
        Graphs.Add(name, () => build().Marshal(options ?? new MarshalOptions { Platform = Platform.Parse("linux/amd64") }));

    private static MarshalOptions For(string platform) => new() { Platform = Platform.Parse(platform) };

    private static void Run(string name, RunOptions options) => Add(name, () => Busybox.Run(options).Root);

    private static RunOptions True(VertexOptions? options = null) => new() { Arguments = ["true"], Options = options ?? VertexOptions.None };

    private static void Sources()
    {
        var layout = new OciLayoutOptions { SessionId = "golden-session", StoreId = "storeid" };
        Add("scratch-empty", () => State.Scratch);
        Add("image-simple", () => Busybox);
        Add("image-name-only", () => Alpine);
        Add("image-digest", () => State.Image("example.com:5000/team/app@" + DigestA));
        Add("image-attrs", () => State.Image("busybox:1.36", new ImageOptions
        {
            ResolveMode = ImageResolveMode.ForcePull,
            RecordType = "internal",
            LayerLimit = 2,
            Checksum = Digest.Parse(DigestB),
        }));
        Add("image-prefer-local", () => State.Image("busybox:latest", new ImageOptions { ResolveMode = ImageResolveMode.PreferLocal }));
        Add("image-platform-arm64", () => State.Image("busybox:latest", null, new VertexOptions { Platform = Platform.Parse("linux/arm64") }));
        Add("image-platform-armv7", () => Busybox, For("linux/arm/v7"));
        Add("image-platform-full", () => State.Image("example.com/win:1", null, new VertexOptions
        {
            Platform = Platform.Create("windows", "amd64", "", "10.0.17763", ["win32k", "x"]),
        }));
        Add("image-blob", () => State.ImageBlob(
            "example.com/data/blob@" + DigestA, new FetchedFile { Name = "f.bin", Mode = Octal("640"), UserId = 5, GroupId = 6 }));
        Add("oci-blob", () => State.OciLayoutBlob("docker.io/store/x@" + DigestA, layout, new FetchedFile { Name = "g" }));
        Add("oci-layout", () => State.OciLayout("mystore@" + DigestA, layout with { StoreId = "mystore", LayerLimit = 3 }));
        Add("local-simple", () => Context);
        Add("local-unique", () => State.Local("context"), For("linux/amd64") with { LocalUniqueId = "fixed-unique" });
        Add("local-attrs", () => State.Local("src", Session with
        {
            IncludePatterns = ["a/**", "*.go"],
            ExcludePatterns = ["vendor", "!vendor/<keep>&"],
            FollowPaths = ["cmd", "x y"],
            SharedKeyHint = "hint",
            Differ = "none",
            RequireDiffer = true,
            MetadataOnly = true,
            MetadataOnlyExceptions = ["*.sum"],
        }));
        Add("local-differ-metadata", () => State.Local("src", Session with { Differ = "metadata", MetadataOnly = true }));
        Add("git-simple", () => State.Git("https://github.com/moby/buildkit.git#v0.11.6"));
        Add("git-noscheme", () => State.Git("github.com/example/repo#main:sub/dir"));
        Add("git-attrs", () => State.Git("https://example.com/a/b.git#refs/tags/v1", new GitOptions
        {
            KeepGitDirectory = true,
            Checksum = Commit,
            SkipSubmodules = true,
            ModificationTime = "commit",
            FetchByCommit = true,
            AuthTokenSecret = "tok",
            AuthHeaderSecret = "hdr",
        }));
        Add("git-ssh", () => State.Git("git@example.com:team/repo.git#dev:sub", new GitOptions
        {
            KnownSshHosts = "example.com ssh-ed25519 AAAAC3Nza\nexample.com ssh-rsa AAAAB3\n",
            SshSocket = "myssh",
        }));
        Add("git-bundle", () => State.Git("https://example.com/a/b.git#main", new GitOptions
        {
            Checksum = Commit,
            Bundle = "oci-layout+blob://st@" + DigestA,
            BundleLayout = layout with { StoreId = "st" },
            CheckoutBundle = true,
        }));
        Add("http-simple", () => State.Http("https://example.com/f.tar.gz"));
        Add("http-attrs", () => State.Http("https://example.com/f?x=1&y=<2>", new HttpOptions
        {
            File = new FetchedFile { Name = "out.bin", Mode = Octal("755"), UserId = 1000, GroupId = 1001 },
            Checksum = Digest.Parse(DigestA),
            AuthHeaderSecret = "sec",
            Accept = "application/json",
            UserAgent = "golden/1",
        }));
    }

    private static void Runs()
    {
        Add("exec-shlex", () => Busybox.Run("sh", "-c", "echo 'hi there' > /out"));
        Add("exec-args-env-dir", () => Busybox.WithEnv("A", "1").WithEnv("B", "two words").WithEnv("A", "3")
            .WithDirectory("/work").WithDirectory("sub").Run("/bin/env", "-i"));
        Add("exec-run-env", () => Busybox
            .Run(new RunOptions { Arguments = ["first"], Env = [KeyValuePair.Create("ONLY", "here")], Directory = "/tmp" }).Root
            .Run("second"));
        Add("exec-user-hostname", () => Busybox.WithUser("1000:2000").WithHostname("build.host").Run("id"));
        Add("exec-hosts", () => Busybox.WithExtraHost("a", "1.2.3.4").WithExtraHost("b", "::1").Run("cat", "/etc/hosts"));
        Add("exec-ulimit-cgroup", () => Busybox.WithUlimit("nofile", 1062, 2000).WithUlimit("nproc", -1, -1).WithCgroupParent("foo/bar").Run("true"));
        Run("exec-exit-codes", new RunOptions { Arguments = ["sh", "-c", "exit 3"], ValidExitCodes = [0, 3, 137] });
        Run("exec-net-none", True() with { Network = NetMode.None });
        Run("exec-net-host", True() with { Network = NetMode.Host });
        Run("exec-security", True() with { Security = SecurityMode.Insecure });
        Add("exec-net-host-security", () => Busybox.WithNetwork(NetMode.Host).WithSecurity(SecurityMode.Insecure).Run("a").Run("b"));
        Run("exec-secret-env", True() with
        {
            Secrets =
            [
                new RunSecret("tok") { Variable = "TOKEN" }, new RunSecret("s2") { Variable = "S2ENV" },
                new RunSecret("s3") { Target = "/s3", Variable = "S3ENV", IsOptional = true },
            ],
        });
        Run("exec-proxy", True() with
        {
            Proxy = new ProxyEnv { HttpProxy = "http://p:1", HttpsProxy = "http://p:2", FtpProxy = "ftp://p", NoProxy = "localhost", AllProxy = "socks5://p" },
        });
        Run("exec-devices", True() with
        {
            Devices = [new CDIDevice { Name = "vendor.com/gpu=0" }, new CDIDevice { Name = "vendor.com/gpu=1", Optional = true }],
        });
        Run("exec-resources", True(new VertexOptions
        {
            LinuxResources = new LinuxResources
            {
                Memory = 64 << 20, MemorySwap = -1, CpuShares = 512, CpuPeriod = 100_000, CpuQuota = 50_000, CpusetCpus = "0-1", CpusetMems = "0",
            },
        }));
        MarshalOptions withCaps = For("linux/amd64") with { Capabilities = Capabilities.ForDefinitions.ToHashSet() };
        Add("exec-with-caps", () => Busybox.Run("true"), withCaps);
        Add("exec-with-caps-scratch", () => Busybox.WithEnv("PATH", "/x").Run("true"), withCaps);
    }

    private static void Mounts()
    {
        Add("exec-readonly-root", () => Busybox.Run(new RunOptions
        {
            Arguments = ["sh", "-c", "echo x >/out/f"],
            HasReadOnlyRoot = true,
            Mounts = [RunMount.Bind("/out", State.Scratch)],
        }).Mount("/out"));
        Add("exec-mount-bind", () => Busybox.WithDirectory("/src").Run(new RunOptions
        {
            Arguments = ["make"],
            Mounts =
            [
                RunMount.Bind("/src", Context, isReadOnly: true),
                RunMount.Bind("/a-in", Alpine, "/etc/apk", isReadOnly: true),
                RunMount.Bind("/z", Alpine, "/etc"),
                RunMount.Bind("/tmp/none", State.Scratch, hasNoOutput: true),
                RunMount.Bind("/out", State.Scratch),
            ],
        }).Mount("/out"));
        Run("exec-mount-cache", True() with
        {
            Mounts =
            [
                RunMount.CacheDirectory("/c1", "id1"),
                RunMount.CacheDirectory("/c2", "id2", CacheSharingOpt.Private),
                RunMount.CacheDirectory("/c3", "id3", CacheSharingOpt.Locked, Alpine, "/lib"),
            ],
        });
        Run("exec-mount-cache-ro", True() with { Mounts = [RunMount.CacheDirectory("/c1", "id1", isReadOnly: true)] });
        Run("exec-mount-tmpfs", True() with { Mounts = [RunMount.Tmpfs("/t1"), RunMount.Tmpfs("/t2", 1 << 20)] });
        Run("exec-secret", True() with
        {
            Secrets =
            [
                new RunSecret("/run/secrets/s1") { Target = "/run/secrets/s1" },
                new RunSecret("s2") { Target = "/s2f", UserId = 10, GroupId = 20, Mode = (uint)Octal("444") },
                new RunSecret("s3") { Target = "/s3", IsOptional = true },
            ],
        });
        Run("exec-ssh", True() with
        {
            SshSockets =
            [
                new RunSshSocket(),
                new RunSshSocket { Id = "k", Target = "/k.sock", UserId = 1, GroupId = 2, Mode = (uint)Octal("660") },
                new RunSshSocket { Id = "o", IsOptional = true },
            ],
        });
        Run("exec-content-cache", True() with
        {
            Mounts =
            [
                RunMount.Bind("/off", Context, isReadOnly: true, contentCache: MountContentCache.Off),
                RunMount.Bind("/on", Context, isReadOnly: true, contentCache: MountContentCache.On),
            ],
        });
        Add("exec-all", () => Busybox.WithEnv("PATH", "/bin").WithDirectory("/w").WithUser("app").Run(new RunOptions
        {
            Arguments = ["sh", "-c", "true"],
            Proxy = new ProxyEnv { HttpProxy = "http://p:1" },
            ExtraHosts = [new HostIP { Host = "h", IP = "10.0.0.1" }],
            Ulimits = [new Ulimit { Name = "core" }],
            ValidExitCodes = [0, 1],
            Network = NetMode.None,
            Mounts =
            [
                RunMount.Bind("/in", Context, "sub", isReadOnly: true),
                RunMount.Bind("/out", State.Scratch),
                RunMount.CacheDirectory("/c", "cid", CacheSharingOpt.Locked),
                RunMount.Tmpfs("/t", 4096),
            ],
            Secrets = [new RunSecret("sid") { Target = "/sec" }, new RunSecret("SENV") { Variable = "SENV" }],
            SshSockets = [new RunSshSocket { Id = "default", Target = "/ssh.sock" }],
            Options = new VertexOptions { IgnoreCache = true, CustomName = "all options" },
        }).Mount("/out"));
        Add("exec-scratch-root", () => State.Scratch.Run(new RunOptions
        {
            Arguments = ["/bb/bin/true"],
            Mounts = [RunMount.Bind("/bb", Busybox, isReadOnly: true)],
        }).Root);
        Add("exec-mount-outputs", () =>
        {
            RunResult run = Busybox.Run(True() with { Mounts = [RunMount.Bind("/a", State.Scratch), RunMount.Bind("/b", Context)] });
            return run.Mount("/b").File(FileActions.None.Copy(run.Mount("/a"), "/m", "/m").Copy(run.Root, "/n", "/n"));
        });
    }

    private static void Files()
    {
        Add("file-mkdir", () => State.Scratch.File(FileActions.None
            .MakeDirectory("/d", Octal("700"))
            .MakeDirectory("/p/q", Octal("755"), makeParents: true, FileOwner.Ids(1, 2), Time)));
        Add("file-mkdir-modebits", () => State.Scratch
            .File(FileActions.None.MakeDirectory("/t", Octal("1777"))).File(FileActions.None.MakeDirectory("/", Octal("2750"))));
        Add("file-mkfile", () => Make("/f", "hello\n")
            .File(FileActions.None.MakeFile("/bin", Octal("755"), Enumerable.Range(0, 256).Select(i => (byte)i).ToArray()))
            .File(FileActions.None.MakeFile("/e", Octal("600"), default, FileOwner.Parse("alice:staff"), 0)));
        Add("file-rm", () => Busybox.File(FileActions.None.Remove("/a"))
            .File(FileActions.None.Remove("/b*", allowWildcard: true)).File(FileActions.None.Remove("/c", allowNotFound: true)));
        Add("file-symlink", () => State.Scratch.File(FileActions.None.MakeSymlink("target", "/l"))
            .File(FileActions.None.MakeSymlink("/abs/../x", "/dir/l2", FileOwner.Ids(3, 4), Time)));
        Add("file-relative-paths", () =>
        {
            State local = Context.WithDirectory("/in");
            return Busybox.WithDirectory("/work").File(FileActions.None.MakeDirectory("rel", Octal("755"))
                .MakeFile("./x/../y", Octal("644"), Text("y")).Remove("../z").Copy(local, "sub", "dst/").Copy(local, "..", "."));
        });
        Add("file-copy-simple", () => State.Scratch.File(FileActions.None.Copy(Context, "/foo", "/bar")));
        Add("file-copy-options", () => Busybox.File(FileActions.None.Copy(Context, "/s*", "/d/", new CopyOptions
        {
            FollowSymlinks = true,
            CopyDirectoryContents = true,
            AttemptUnpack = true,
            CreateDestinationPath = true,
            AllowWildcard = true,
            AllowEmptyWildcard = true,
            AlwaysReplace = true,
            Mode = Octal("711"),
            Owner = FileOwner.Parse("7:8"),
            Timestamp = Time,
        })));
        Add("file-copy-modestr", () => Busybox.File(FileActions.None.Copy(
            Context, "/", "/app", new CopyOptions { SymbolicMode = "u=rwX,go=rX", Owner = FileOwner.Parse("app:app") })));
        Add("file-copy-patterns", () => State.Scratch.File(FileActions.None.Copy(Context, "/", "/", new CopyOptions
        {
            Mode = Octal("644"),
            CopyDirectoryContents = true,
            IncludePatterns = ["**/*.go", "go.mod"],
            ExcludePatterns = ["*_test.go", "!keep_test.go"],
            RequiredPaths = ["go.mod"],
        })));
        Add("file-copy-chown-user-only", () => Busybox
            .File(FileActions.None.Copy(Busybox, "/a", "/b", new CopyOptions { Owner = FileOwner.Parse("1000") }))
            .File(FileActions.None.Copy(Busybox, "/a", "/c", new CopyOptions { Owner = FileOwner.Parse("root:root") })));
        Add("file-chain", () => Busybox.File(FileActions.None.MakeDirectory("/x", Octal("755")).MakeFile("/x/f", Octal("644"), Text("1"))
            .Copy(Context, "/g", "/x/g").MakeSymlink("f", "/x/l").Remove("/x/f")));
        Add("file-copy-from-action", () => State.Scratch.File(FileActions.None.Copy(
            FileActions.None.MakeDirectory("/m", Octal("755")).MakeFile("/m/f", Octal("600"), Text("in")).On(Busybox), "/m", "/out")));
        Add("file-copy-multi-inputs", () => Busybox.File(FileActions.None.Copy(State.Local("a", Session), "/1", "/1")
            .Copy(State.Local("b", Session), "/2", "/2").Copy(Alpine, "/3", "/3")));
        Add("file-copy-self", () =>
        {
            State busybox = Busybox;
            return busybox.File(FileActions.None.Copy(busybox, "/bin/sh", "/sh2"));
        });
    }

    private static void Joins()
    {
        State c = Make("/c", "c");
        Add("merge-two", () => State.Merge(A, B));
        Add("merge-nested", () => State.Merge(State.Merge(A, B), c, Busybox));
        Add("merge-scratch", () => State.Merge(A, State.Scratch, B));
        Add("merge-single", () => State.Merge(A, State.Scratch));
        Add("merge-named", () => State.Merge([A, B], VertexOptions.Named("joined")));
        Add("diff-image-run", () => State.Diff(Busybox, Busybox.Run("touch", "/x")));
        Add("diff-scratch-lower", () => State.Diff(State.Scratch, A));
        Add("diff-scratch-upper", () => State.Diff(A, State.Scratch));
        Add("diff-same", () => State.Diff(A, A));
        Add("diff-merge", () => State.Merge(Busybox, State.Diff(Alpine, Make("/n", "", Alpine)), State.Diff(A, Make("/c", "c", A))));
        Add("multistage", () =>
        {
            State built = Busybox.File(FileActions.None.Copy(Context, "/", "/src/", new CopyOptions
            {
                Mode = Octal("755"), CopyDirectoryContents = true, CreateDestinationPath = true,
            })).WithDirectory("/src").Run("make", "all");
            return Alpine.File(FileActions.None.Copy(built, "/src/out", "/usr/bin/out")).Run("/usr/bin/out", "--version");
        });
        Add("diamond", () => State.Merge(Busybox.Run("x"), Busybox.Run("y"), Busybox));
        Add("cross-platform", () =>
        {
            State builder = State.Image("busybox:latest", null, new VertexOptions { Platform = Platform.Parse("linux/amd64") });
            return Alpine.File(FileActions.None.Copy(builder.Run("build"), "/o", "/o"));
        }, For("linux/arm64"));
        Add("state-platform", () => Busybox.WithPlatform(Platform.Parse("linux/s390x")).Run("u")
            .File(FileActions.None.MakeDirectory("/d", Octal("755"))));
        Add("requires", () => A.Requires("dep", B, c));
    }

    private static void Metadata()
    {
        var ignore = new VertexOptions { IgnoreCache = true };
        var directory = FileActions.None.MakeDirectory("/a", Octal("755"));
        Run("meta-ignore-cache", True(ignore));
        Add("meta-ignore-cache-all", () => Busybox.Run("true"), For("linux/amd64") with { Defaults = ignore });
        Add("meta-names", () => State.Image("busybox:latest", null, VertexOptions.Named("[base] pull"))
            .File(directory, VertexOptions.Named("make /a") with
            {
                Description = new Dictionary<string, string> { ["com.example.k"] = "v", ["z"] = "1" },
            }).Run(True(VertexOptions.Named("[2/2] run"))).Root);
        var strong = new VertexOptions { ProgressGroup = new ProgressGroup("g1", "group one") };
        Add("meta-progress-group", () => State.Image("busybox:latest", null, strong)
            .File(directory, new VertexOptions { ProgressGroup = new ProgressGroup("g2", "group two", IsWeak: true) })
            .Run(True(strong)).Root);
        Add("meta-export-cache", () => Busybox
            .Run(new RunOptions { Arguments = ["1"], Options = new VertexOptions { ExportCache = true } }).Root
            .Run(new RunOptions { Arguments = ["2"], Options = new VertexOptions { ExportCache = false } }).Root.Run("3"));
        Add("meta-worker-constraints", () => Busybox.Run(True(new VertexOptions { WorkerFilters = ["label.a==1"] })).Root,
            For("linux/amd64") with { Defaults = new VertexOptions { WorkerFilters = ["label.pool==x", "label.zone!=y"] } });
        Add("source-map", () =>
        {
            var dockerfile = new SourceFile("Dockerfile", Text("FROM busybox\nRUN true\nRUN false\n"), "Dockerfile");
            var other = new SourceFile("other.hcl", Text("x = 1\n"), "HCL");
            var second = new SourceRange(2, 0, 2, 8);
            return State.Image("busybox:latest", null, new VertexOptions { Marks = [new(dockerfile, [new(1, 0, 1, 12)])] })
                .Run(True(new VertexOptions { Marks = [new(dockerfile, [second])] })).Root
                .Run(new RunOptions
                {
                    Arguments = ["false"],
                    Options = new VertexOptions { Marks = [new(dockerfile, [second, new(3, 0, 3, 9)]), new(other, [new(1, 0, 1, 5)])] },
                }).Root;
        });
        Add("source-map-state", () =>
        {
            var file = new SourceFile("Dockerfile", Text("FROM scratch\n"), "Dockerfile", State.Local("dockerfile", Session));
            return State.Scratch.File(
                FileActions.None.MakeDirectory("/", Octal("755")), new VertexOptions { Marks = [new(file, [SourceRange.Lines(1, 1)])] });
        });
    }

    private static void Solved()
    {
        State image = State.Image("127.0.0.1:5000/library/busybox:latest", null, VertexOptions.Named("base image"));
        Add("solve-exec", () => State.Scratch.File(FileActions.None.Copy(
            image.Run(new RunOptions
            {
                Arguments = ["sh", "-c", "echo to-stdout; echo to-stderr >&2; echo hi > /out"],
                Options = VertexOptions.Named("run one") with { ProgressGroup = new ProgressGroup("g1", "group one") },
            }).Root.Run("sh", "-c", "echo two >> /out"), "/out", "/out")));
        Add("solve-fail", () => image.Run("sh", "-c", "echo before; exit 7"));
        Add("solve-local", () => State.Merge(
            State.Scratch.File(FileActions.None.Copy(State.Local("context", null, VertexOptions.Named("load context")), "/", "/in")),
            Make("/extra", "x")), For("linux/amd64") with { LocalUniqueId = "fixed-unique" });
    }
}
