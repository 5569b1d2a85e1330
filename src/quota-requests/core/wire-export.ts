/** One step of a request as it is exported. */
export interface ExportedStep {
  readonly request_id: string;
  readonly domain_id: string;
  readonly quota_key: string;
  readonly scope: string;
  readonly seq: number;
  /** Epoch ms. */
  readonly at: number;
  readonly action: string;
  readonly side: string;
  readonly by_id: string;
  readonly by_name: string;
  readonly from: string | null;
  readonly to: string;
  readonly note: string;
  readonly details: object | null;
}
