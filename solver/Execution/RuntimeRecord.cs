using System.Text.Json;

namespace Cairn.Solver.Execution;

/// <summary>A runtime written down in a file.</summary>
internal static class RuntimeRecord
{
    /// <summary>The runtime; null if the file is absent or cut short by a crash.</summary>
    public static ContainerRuntime? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RuntimeRecordJson.Default.ContainerRuntime);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Puts the record in place as a whole.</summary>
    public static void Write(string path, ContainerRuntime runtime)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string staged = $"{path}.{Guid.NewGuid():n}";
        File.WriteAllBytes(staged, JsonSerializer.SerializeToUtf8Bytes(runtime, RuntimeRecordJson.Default.ContainerRuntime));
        File.Move(staged, path, overwrite: true);
    }
}
