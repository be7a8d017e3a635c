using System.Diagnostics;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>Locks cannot be taken in the wrong order, and nothing is written without the lock.</summary>
public sealed class LockOrderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void LCK_06_Locks_in_the_wrong_order_are_named_at_once()
    {
        using ChildProcess child = ChildProcess.Start(
            new ChildOptions { Environment = new Dictionary<string, string> { ["CAIRN_CHECK_LOCKS"] = "1" } });
        child.Do("open", _directory["a"], _directory["run"], "name=a");
        child.Do("open", _directory["b"], _directory["run"], "name=b");
        ChildException nested = Assert.Throws<ChildException>(() => child.Do("nest-turns", "a", "b"));
        Assert.Equal("InvalidOperationException", nested.Kind);
        Assert.Contains($"the write turn of {_directory["b"]} is wanted while the write turn of {_directory["a"]} is held", nested.Message, StringComparison.Ordinal);
        Assert.Throws<ChildException>(() => child.Do("nest-turns", "b", "a"));
        Assert.Contains("wrong order", Assert.Throws<ChildException>(() => child.Do("nest-turns", "a", "a")).Message, StringComparison.Ordinal);
        child.Do("note", "to be sealed");
        Assert.Contains("wrong order", Assert.Throws<ChildException>(() => child.Do("seal-in-turn")).Message, StringComparison.Ordinal);
        // And what was refused has left nothing locked.
        child.Do("use", "a");
        child.Do("note", "free");
        child.Do("use", "b");
        child.Do("note", "free");
        child.Do("seal");
    }

    [Fact]
    public void LCK_07_A_write_transaction_serves_its_own_turn_and_store_only()
    {
        using var one = new TestStore("overlay");
        using var two = new TestStore("overlay");
        LayerId layer = one.Layer([], "echo x > f");
        WriteTransaction late = one.Store.Write(static transaction => transaction);
        Assert.Contains("has ended", Assert.Throws<InvalidOperationException>(() => late.Command("DELETE FROM layers")).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => late.Trash(Path.Combine(one.Store.Root, "layers", $"{layer}")));
        Assert.Throws<InvalidOperationException>(() => late.OnCommitted(static () => { }));
        Assert.Throws<InvalidOperationException>(() => one.Snapshotter.Remove(late, layer, force: true));
        using StagedLayer staged = one.Snapshotter.Stage();
        _ = staged.Usage;
        Assert.Throws<InvalidOperationException>(() => staged.Publish(late));
        two.Store.Write(transaction =>
        {
            Assert.Contains("cannot write to", Assert.Throws<InvalidOperationException>(() => staged.Publish(transaction)).Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => one.Snapshotter.Remove(transaction, layer, force: true));
            Assert.Throws<InvalidOperationException>(() => transaction.Trash(Path.Combine(one.Store.Root, "layers", $"{layer}")));
        });
        Assert.Empty(StoreChecks.Problems(one.Store, one.Snapshotter));
        Assert.Equal([layer], StoreChecks.Layers(one.Store));
    }

    [Fact]
    public void LCK_07_Whoever_only_reads_cannot_call_what_writes()
    {
        const string Frame =
            """
            using Cairn.Snapshotter.Layers;
            using Cairn.Snapshotter.Store;
            static class Uses
            {
                static void Use(StoreRoot store, ISnapshotter snapshotter, LayerId layer, StagedLayer staged) =>
                    BODY;
            }
            """;
        Assert.Equal("", Compile(Frame.Replace("BODY", "store.Write(turn => snapshotter.Remove(turn, layer, false))", StringComparison.Ordinal)));
        Assert.Contains(
            "error CS1503",
            Compile(Frame.Replace("BODY", "store.Read(turn => { snapshotter.Remove(turn, layer, false); return 0; })", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains(
            "error CS1503",
            Compile(Frame.Replace("BODY", "store.Read(turn => staged.Publish(turn))", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(typeof(WriteTransaction).GetConstructors());   // and nobody else can make one
    }

    private string Compile(string source)
    {
        File.WriteAllText(_directory["uses.cs"], source);
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string home = Path.GetFullPath(Path.Combine(framework, "..", "..", ".."));
        string compiler = Directory.GetFiles(Path.Combine(home, "sdk"), "csc.dll", SearchOption.AllDirectories)
            .Where(static path => path.Contains("bincore", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Last();
        IEnumerable<string> references = Directory.GetFiles(framework, "System*.dll")
            .Where(static path => !path.Contains("Native", StringComparison.Ordinal))
            .Concat(Directory.GetFiles(framework, "netstandard.dll"))
            .Concat(["Cairn.Llb.dll", "Cairn.Snapshotter.dll", "Microsoft.Data.Sqlite.dll"])
            .Select(static name => "-r:" + Path.Combine(AppContext.BaseDirectory, name));
        var start = new ProcessStartInfo(
            Path.Combine(home, "dotnet"),
            [compiler, "-nologo", "-t:library", "-nostdlib", "-out:" + _directory["uses.dll"], .. references, _directory["uses.cs"]])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
