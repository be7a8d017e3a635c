using System.Globalization;
using Cairn.Snapshotter.Tests.Support;
using Cairn.Tests.Harness;
using Xunit;

namespace Cairn.Snapshotter.Tests.Locking;

/// <summary>The write turn between processes.</summary>
public sealed class TurnTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void LCK_09_A_writer_gets_its_turn_while_eight_processes_take_theirs_without_a_pause()
    {
        string done = _directory["done"];
        ChildProcess[] busy = [.. Enumerable.Range(0, 8).Select(_ => Open())];
        using ChildProcess writer = Open();
        foreach (ChildProcess child in busy)
        {
            child.Send("write-until", done, "0.2");
        }
        int turns = Soak.Choose(200, 5000);
        string[] waited = writer.Do("wait-for-turns", $"{turns}").Split(' ');
        File.WriteAllText(done, "");
        long all = busy.Sum(static child => long.Parse(child.Answer(), CultureInfo.InvariantCulture));
        foreach (ChildProcess child in busy)
        {
            child.Dispose();
        }
        double longest = double.Parse(waited[0], CultureInfo.InvariantCulture);
        long most = long.Parse(waited[1], CultureInfo.InvariantCulture);
        Soak.Note(
            "write turns of one process while eight others take theirs without a pause", turns, 0,
            ("longest wait in ms", longest), ("most turns of others in one wait", most), ("turns of the others", all));
        // Eight are before it at most, each once, and more come while it has no processor. Without the gate these are thousands.
        Assert.True(most < 1000, $"others had {most} turns while one process waited for its own, {longest} ms");
    }

    private ChildProcess Open()
    {
        ChildProcess child = ChildProcess.Start();
        child.Do("open", _directory["root"], _directory["run"]);
        return child;
    }
}
