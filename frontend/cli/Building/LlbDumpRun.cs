using Cairn.Cli.Settings;
using Cairn.Frontend.Gateway;
using Cairn.Llb;

namespace Cairn.Cli.Building;

/// <summary>`cairn llb dump`.</summary>
internal static class LlbDumpRun
{
    /// <exception cref="BuildException">Input: there is no such file, or it is no definition.</exception>
    public static async Task<int> RunAsync(LlbDumpSettings settings)
    {
        byte[] bytes;
        if (settings.File == "-")
        {
            using MemoryStream all = new();
            await Console.OpenStandardInput().CopyToAsync(all, CancellationToken.None);
            bytes = all.ToArray();
        }
        else
        {
            try
            {
                bytes = await File.ReadAllBytesAsync(settings.File, CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BuildException(ErrorKind.Input, "read definition", settings.File, e.Message, inner: e);
            }
        }

        string name = settings.File == "-" ? "from the standard input" : settings.File;
        await Console.Out.WriteLineAsync((settings.Dot ? DefinitionText.Dot(bytes, name) : DefinitionText.Json(bytes, name)).TrimEnd('\n'));
        return 0;
    }
}
