namespace Cairn.Integration.Tests.Explain;

/// <summary>The planted causes, each made with names that are random.</summary>
internal static class MissCases
{
    /// <summary>Name of the case, and what makes it.</summary>
    public static IReadOnlyDictionary<string, Func<Names, MissCase>> All { get; } = new SortedDictionary<string, Func<Names, MissCase>>(StringComparer.Ordinal)
    {
        ["file content"] = static n =>
        {
            (string dir, string a, string b, string text) = (n.Word(), n.Word(), n.Word(), n.Text());
            var before = new Variant(Dockerfile($"COPY {dir} /{dir}")) { Files = root => { Put(root, $"{dir}/{a}", text); Put(root, $"{dir}/{b}", text); } };
            string other = Reversed(text);
            return new MissCase(
                $"COPY {dir}", before,
                before with { Files = root => { before.Files(root); Put(root, $"{dir}/{a}", other); } },
                Files(Change($"/{dir}/{a}", "content", Regular(text), Regular(other))),
                before with { Files = root => { before.Files(root); Put(root, $"{dir}/{b}", other); } },
                Files(Change($"/{dir}/{b}", "content", Regular(text), Regular(other))));
        },
        ["file size, and two files"] = static n =>
        {
            (string dir, string a, string b, string text, string longer) = (n.Word(), "a" + n.Word(), "b" + n.Word(), n.Text(), n.Text() + n.Text());
            var before = new Variant(Dockerfile($"COPY {dir} /{dir}")) { Files = root => { Put(root, $"{dir}/{a}", text); Put(root, $"{dir}/{b}", text); } };
            return new MissCase(
                $"COPY {dir}", before,
                before with { Files = root => { before.Files(root); Put(root, $"{dir}/{a}", longer); } },
                Files(Change($"/{dir}/{a}", "content", Regular(text), Regular(longer))),
                before with { Files = root => { Put(root, $"{dir}/{a}", longer); Put(root, $"{dir}/{b}", longer); } },
                Files(Change($"/{dir}/{a}", "content", Regular(text), Regular(longer)), Change($"/{dir}/{b}", "content", Regular(text), Regular(longer))));
        },
        ["file added, file removed"] = static n =>
        {
            (string dir, string kept, string extra, string text) = (n.Word(), n.Word(), n.Word(), n.Text());
            var before = new Variant(Dockerfile($"COPY {dir} /{dir}")) { Files = root => { Clear(root, dir); Put(root, $"{dir}/{kept}", text); Put(root, $"{dir}/gone", text); } };
            return new MissCase(
                $"COPY {dir}", before,
                before with { Files = root => { before.Files(root); Put(root, $"{dir}/{extra}", text); } },
                Files(Change($"/{dir}/{extra}", "added", null, Regular(text))),
                before with { Files = root => { before.Files(root); File.Delete(Path.Combine(root, dir, "gone")); } },
                Files(Change($"/{dir}/gone", "removed", Regular(text), null)));
        },
        ["file mode, mode and size"] = static n =>
        {
            (string file, string text, string longer) = (n.Word(), n.Text(), n.Text() + n.Text());
            var before = new Variant(Dockerfile($"COPY {file} /")) { Files = root => Put(root, file, text) };
            return new MissCase(
                $"COPY {file}", before,
                before with { Files = root => { Put(root, file, text); Mode(root, file); } },
                Files(Change($"/{file}", "mode", Regular(text), Regular(text, "0750"))),
                before with { Files = root => { Put(root, file, longer); Mode(root, file); } },
                Files(new { path = $"/{file}", changes = new[] { "content", "mode" }, old = Regular(text), @new = Regular(longer, "0750") }));
        },
        ["link target, link replaced by a file"] = static n =>
        {
            (string dir, string link, string one, string two, string text) = (n.Word(), n.Word(), n.Word(), n.Word(), n.Text());
            var before = new Variant(Dockerfile($"COPY {dir} /{dir}")) { Files = root => { Clear(root, dir); Link(root, $"{dir}/{link}", one); } };
            return new MissCase(
                $"COPY {dir}", before,
                before with { Files = root => { Clear(root, dir); Link(root, $"{dir}/{link}", two); } },
                Files(Change($"/{dir}/{link}", "link", LinkTo(one), LinkTo(two))),
                before with { Files = root => { Clear(root, dir); Put(root, $"{dir}/{link}", text); } },
                Files(Change($"/{dir}/{link}", "type", LinkTo(one), Regular(text))));
        },
        ["file hidden by .dockerignore"] = static n =>
        {
            (string dir, string a, string b, string text) = (n.Word(), n.Word(), n.Word(), n.Text());
            var before = new Variant(Dockerfile($"COPY {dir} /{dir}")) { Files = root => { Put(root, $"{dir}/{a}", text); Put(root, $"{dir}/{b}", text); Put(root, ".dockerignore", ""); } };
            return new MissCase(
                $"COPY {dir}", before,
                before with { Files = root => Put(root, ".dockerignore", $"{dir}/{a}\n") },
                Files(Change($"/{dir}/{a}", "removed", Regular(text), null)),
                before with { Files = root => Put(root, ".dockerignore", $"{dir}/{b}\n") },
                Files(Change($"/{dir}/{b}", "removed", Regular(text), null)));
        },
        ["command, and another command"] = static n => Pair(
            n, static w => $"RUN echo {w} > /tmp.txt", static (a, b) => Field("args", null, $"echo {a} > /tmp.txt", $"echo {b} > /tmp.txt")),
        ["shell"] = static n =>
        {
            string word = n.Word();
            string Lines(string shell) => Dockerfile($"SHELL [{shell}]", $"RUN echo {word}");
            return new MissCase(
                $"RUN echo {word}", new Variant(Lines("\"/bin/sh\", \"-c\"")),
                new Variant(Lines("\"/bin/sh\", \"-e\", \"-c\"")), Field("shell", null, "/bin/sh -c", "/bin/sh -e -c"),
                new Variant(Lines("\"/bin/ash\", \"-c\"")), Field("shell", null, "/bin/sh -c", "/bin/ash -c"));
        },
        ["value of a build argument"] = static n =>
        {
            (string one, string two, string a, string b) = (n.Upper(), n.Upper(), n.Word(), n.Word());
            var before = new Variant(Dockerfile($"ARG {one}", $"ARG {two}", $"RUN echo ${one} ${two}")) { Options = Arguments((one, a), (two, a)) };
            return new MissCase(
                "RUN echo", before,
                before with { Options = Arguments((one, b), (two, a)) }, Of("build-argument", one, a, b),
                before with { Options = Arguments((one, a), (two, b)) }, Of("build-argument", two, a, b));
        },
        ["build argument given, default of one changed"] = static n =>
        {
            (string name, string a, string b, string c) = (n.Upper(), n.Word(), n.Word(), n.Word());
            var before = new Variant(Dockerfile($"ARG {name}={a}", "RUN true"));
            return new MissCase(
                "RUN true", before,
                before with { Options = Arguments((name, b)) }, Of("build-argument", name, a, b),
                new Variant(Dockerfile($"ARG {name}={c}", "RUN true")), Of("environment", name, a, c));
        },
        ["build argument in a path"] = static n =>
        {
            (string name, string a, string b, string c, string file) = (n.Upper(), n.Word(), n.Word(), n.Word(), n.Word());
            var before = new Variant(Dockerfile($"ARG {name}", $"COPY {file} /${name}/")) { Files = root => Put(root, file, "text"), Options = Arguments((name, a)) };
            return new MissCase(
                $"COPY {file}", before,
                before with { Options = Arguments((name, b)) }, Of("build-argument", name, a, b),
                before with { Dockerfile = Dockerfile($"ARG {name}", $"COPY {file} /{c}/") }, Field("copy.dest", null, $"/{a}/", $"/{c}/"));
        },
        ["environment changed, environment added"] = static n =>
        {
            (string name, string extra, string a, string b) = (n.Upper(), n.Upper(), n.Word(), n.Word());
            return new MissCase(
                "RUN true", new Variant(Dockerfile($"ENV {name}={a}", "RUN true")),
                new Variant(Dockerfile($"ENV {name}={b}", "RUN true")), Of("environment", name, a, b),
                new Variant(Dockerfile($"ENV {name}={a}", $"ENV {extra}={b}", "RUN true")), Of("environment", extra, null, b));
        },
        ["user, and its group"] = static n => new MissCase(
            "RUN true", new Variant(Dockerfile("USER 12", "RUN true")),
            new Variant(Dockerfile("USER 13", "RUN true")), Field("user", null, "12", "13"),
            new Variant(Dockerfile("USER 12:14", "RUN true")), Field("user", null, "12", "12:14")),
        ["working directory, user"] = static n =>
        {
            (string a, string b) = (n.Word(), n.Word());
            return new MissCase(
                "RUN true", new Variant(Dockerfile($"WORKDIR /{a}", "RUN true")),
                new Variant(Dockerfile($"WORKDIR /{b}", "RUN true")), Field("cwd", null, $"/{a}", $"/{b}"),
                new Variant(Dockerfile($"WORKDIR /{a}", "USER 7", "RUN true")), Field("user", null, "", "7"));
        },
        ["here-document, its destination"] = static n =>
        {
            (string path, string other, string a, string b) = (n.Word(), n.Word(), n.Word(), n.Word());
            string Lines(string text, string to) => Dockerfile($"COPY <<END /{to}", text, "END");
            return new MissCase(
                "COPY <<END", new Variant(Lines(a, path)),
                new Variant(Lines(b, path)), Field("mkfile.data", null, a + "\n", b + "\n"),
                new Variant(Lines(a, other)), Field("copy.dest", null, $"/{path}", $"/{other}"))
            {
                Path = [$"COPY <<END /{path}", "preparing inline document"],
            };
        },
        ["destination of a copy, its owner"] = static n => Copy(
            n, static file => $"COPY {file} /a/", static file => $"COPY {file} /b/", Field("copy.dest", null, "/a/", "/b/"),
            static file => $"COPY --chown=5:6 {file} /a/", Field("copy.owner", null, "", "5:6")),
        ["mode of a copy, file that is copied"] = static n =>
        {
            (string file, string other) = (n.Word(), n.Word());
            Action<string> files = root => { Put(root, file, "text"); Put(root, other, "text"); };
            return new MissCase(
                "COPY ", new Variant(ScratchFile($"COPY --chmod=600 {file} /a/")) { Files = files },
                new Variant(ScratchFile($"COPY --chmod=640 {file} /a/")) { Files = files }, Field("copy.mode", null, "0600", "0640"),
                new Variant(ScratchFile($"COPY --chmod=600 {other} /a/")) { Files = files }, Field("copy.src", null, file, other));
        },
        ["mount added, id of a cache mount"] = static n =>
        {
            (string path, string a, string b) = ("/" + n.Word(), n.Word(), n.Word());
            return new MissCase(
                "true", new Variant(Dockerfile($"RUN --mount=type=cache,id={a},sharing=private,target=/c true")),
                new Variant(Dockerfile($"RUN --mount=type=cache,id={a},sharing=private,target=/c --mount=type=tmpfs,target={path} true")),
                Field("mount", path, null, "type=tmpfs"),
                new Variant(Dockerfile($"RUN --mount=type=cache,id={b},sharing=private,target=/d true")),
                Field("mount", "/c", $"type=cache,id=/{a},sharing=private", null));
        },
        ["network, secret in the environment"] = static n =>
        {
            (string id, string name) = (n.Word(), n.Upper());
            IReadOnlyDictionary<string, string> secrets = new Dictionary<string, string> { [id] = "x" };
            return new MissCase(
                "true", new Variant(Dockerfile("RUN true")),
                new Variant(Dockerfile("RUN --network=none true")), Field("network", null, "unset", "none"),
                new Variant(Dockerfile($"RUN --mount=type=secret,id={id},env={name} true")) { Secrets = secrets }, Field("secret-environment", name, null, id));
        },
        ["limit, host name"] = static n =>
        {
            (string host, string word) = (n.Word(), n.Word());
            var before = new Variant(Dockerfile($"RUN echo {word}"));
            return new MissCase(
                $"RUN echo {word}", before,
                before with { Options = new Dictionary<string, string> { ["ulimit"] = "nofile=100:200" } }, Field("ulimit", "nofile", null, "100:200"),
                before with { Options = new Dictionary<string, string> { ["add-hosts"] = $"{host}=10.0.0.1" } }, Field("extra-host", host, null, host));
        },
        ["command of a step below, file of a step below"] = static n =>
        {
            (string stage, string a, string b, string file) = (n.Word(), n.Word(), n.Word(), n.Word());
            string Lines(string word) => $"{Shell.Stage}FROM tools AS {stage}\nCOPY {file} /{file}\nRUN cat /{file} > /out; echo {word} >> /out\nFROM tools\nCOPY --from={stage} /out /out\n";
            var before = new Variant(Lines(a)) { Files = root => Put(root, file, "first") };
            return new MissCase(
                "COPY --from", before,
                before with { Dockerfile = Lines(b) }, Field("args", null, $"cat /{file} > /out; echo {a} >> /out", $"cat /{file} > /out; echo {b} >> /out"),
                before with { Files = root => Put(root, file, "third") }, Files(Change($"/{file}", "content", Regular("first"), Regular("third"))))
            {
                Path = [$"COPY --from={stage} /out /out", $"RUN cat /{file} > /out; echo {b} >> /out"],
                OtherPath = [$"COPY --from={stage} /out /out", $"RUN cat /{file} > /out; echo {a} >> /out", $"COPY {file} /{file}"],
            };
        },
        ["step inserted, step removed"] = static n =>
        {
            (string a, string b, string c, string last) = (n.Word(), n.Word(), n.Word(), n.Word());
            return new MissCase(
                $"RUN echo {last}", new Variant(Dockerfile($"RUN echo {a}", $"RUN echo {b}", $"RUN echo {last}")),
                new Variant(Dockerfile($"RUN echo {a}", $"RUN echo {c}", $"RUN echo {b}", $"RUN echo {last}")), new { kind = "step-inserted", @new = $"[4/6] RUN echo {c}" },
                new Variant(Dockerfile($"RUN echo {a}", $"RUN echo {last}")), new { kind = "step-removed", old = $"[4/5] RUN echo {b}" })
            {
                Path = [$"RUN echo {last}", $"RUN echo {b}", $"RUN echo {c}"],
                OtherPath = [$"RUN echo {last}", $"RUN echo {a}"],
            };
        },
        ["step that is new, nothing changed"] = static n =>
        {
            (string a, string b) = (n.Word(), n.Word());
            return new MissCase(
                $"RUN echo {b}", new Variant(Dockerfile("USER 0")),
                new Variant(Dockerfile($"RUN echo {b}")), new { kind = "no-earlier-step" },
                new Variant(Dockerfile($"RUN echo {b}")), null);
        },
        ["an imported cache lacks it, a changed step beside a cache that cannot be read"] = static n =>
        {
            (string word, string other, string lacking, string broken, string fault) = (n.Word(), n.Word(), "registry:" + n.Word(), "registry:" + n.Word(), n.Text());
            return new MissCase(
                "RUN echo ", new Variant(Dockerfile("USER 0")),
                new Variant(Dockerfile($"RUN echo {word}")) { Imports = [new PlantedImport(lacking, null)] },
                new { kind = "import-missing", subject = lacking, detail = "the step is not known there" },
                new Variant(Dockerfile($"RUN echo {other}")) { Imports = [new PlantedImport(lacking, null), new PlantedImport(broken, fault)] },
                new { kind = "instruction", field = "args", old = $"echo {word}", @new = $"echo {other}" });
        },
        ["no cache at all, no cache for a stage below"] = static n =>
        {
            (string stage, string word) = (n.Word(), n.Word());
            string lines = $"{Shell.Stage}FROM tools AS {stage}\nRUN echo {word} > /out\nFROM {stage} AS last{stage}\nRUN cat /out\n";
            return new MissCase(
                "RUN cat /out", new Variant(lines),
                new Variant(lines) { Options = new Dictionary<string, string> { ["no-cache"] = "" } }, new { kind = "no-cache", rule = "--no-cache" },
                new Variant(lines) { Options = new Dictionary<string, string> { ["no-cache"] = stage } }, new { kind = "no-cache", subject = stage, rule = "--no-cache-filter" })
            {
                OtherPath = ["RUN cat /out", $"RUN echo {word} > /out"],
            };
        },
        ["the step failed before, it was another step that failed"] = static n =>
        {
            (string id, string other, string word) = (n.Word(), n.Word(), n.Word());
            string Lines(string text) => Dockerfile($"RUN --mount=type=secret,id={id} test -s /run/secrets/{id} && echo {text}");
            IReadOnlyDictionary<string, string> secrets = new Dictionary<string, string> { [id] = "x" };
            return new MissCase(
                "test -s", new Variant(Lines(word)) { MayFail = true },
                new Variant(Lines(word)) { Secrets = secrets }, new { kind = "no-result", detail = "it failed then" },
                new Variant(Lines(other)) { Secrets = secrets },
                Field("args", null, $"test -s /run/secrets/{id} && echo {word}", $"test -s /run/secrets/{id} && echo {other}"));
        },
    };

    internal static string Dockerfile(params string[] lines) => Shell.Stage + string.Join('\n', lines) + "\n";

    internal static object Files(params object[] changes) => new { kind = "files", files = changes, fileCount = changes.Length };

    internal static object Change(string path, string change, object? old, object? @new) => (old, @new) switch
    {
        (null, { } now) => new { path, changes = new[] { change }, @new = now },
        ({ } was, null) => new { path, changes = new[] { change }, old = was },
        _ => new { path, changes = new[] { change }, old, @new },
    };

    internal static object Regular(string text, string mode = "0644") => new { type = "regular", size = text.Length, mode, uid = 0, gid = 0 };

    internal static object LinkTo(string target) => new { type = "symlink", size = 0, mode = "0777", uid = 0, gid = 0, link = target };

    internal static object Of(string kind, string subject, string? old, string @new) => old is null ? new { kind, subject, @new } : new { kind, subject, old, @new };

    internal static object Field(string field, string? subject, string? old, string? @new)
    {
        var fields = new Dictionary<string, string> { ["kind"] = "instruction", ["field"] = field };
        Add("subject", subject);
        Add("old", old);
        Add("new", @new);
        return fields;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                fields[name] = value;
            }
        }
    }

    internal static void Put(string root, string path, string text)
    {
        string full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.Delete(full);
        File.WriteAllText(full, text);
        File.SetUnixFileMode(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static Dictionary<string, string> Arguments(params (string Name, string Value)[] arguments) =>
        arguments.ToDictionary(static a => "build-arg:" + a.Name, static a => a.Value, StringComparer.Ordinal);

    private static MissCase Pair(Names n, Func<string, string> line, Func<string, string, object> cause)
    {
        (string a, string b, string c) = (n.Word(), n.Word(), n.Word());
        return new MissCase(
            "[3/3]", new Variant(Dockerfile(line(a))),
            new Variant(Dockerfile(line(b))), cause(a, b), new Variant(Dockerfile(line(c))), cause(a, c));
    }

    private static MissCase Copy(Names n, Func<string, string> before, Func<string, string> after, object cause, Func<string, string> neighbour, object other)
    {
        string file = n.Word();
        Action<string> files = root => Put(root, file, file);
        return new MissCase(
            "COPY ", new Variant(ScratchFile(before(file))) { Files = files },
            new Variant(ScratchFile(after(file))) { Files = files }, cause, new Variant(ScratchFile(neighbour(file))) { Files = files }, other);
    }

    private static string ScratchFile(string line) => $"FROM scratch\n{line}\n";

    private static string Reversed(string text) => new([.. text.Reverse()]);

    private static void Mode(string root, string path) => File.SetUnixFileMode(
        Path.Combine(root, path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

    private static void Link(string root, string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
        File.CreateSymbolicLink(Path.Combine(root, path), target);
    }

    private static void Clear(string root, string directory)
    {
        if (Directory.Exists(Path.Combine(root, directory)))
        {
            Directory.Delete(Path.Combine(root, directory), recursive: true);
        }
    }
}
