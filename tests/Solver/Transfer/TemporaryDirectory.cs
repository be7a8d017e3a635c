using System.Diagnostics;

namespace Cairn.Solver.Tests.Transfer;

/// <summary>A directory of one test, removed with everything in it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cairn-transfer-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        using Process remove = Process.Start("rm", ["-rf", Path]);   // .NET cannot name every file that a test makes
        remove.WaitForExit();
    }
}
