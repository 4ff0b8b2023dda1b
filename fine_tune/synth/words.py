"""What drawn pages say: words of business, science and administration in three languages, and how numbers are written there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal

Language = Literal["en", "ko", "vi"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ko", "vi")
MARKS: Final = "0123456789.,;:()[]%+-–/*†$ abcdABCQFYIVX"  # that any table may hold beside the words


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a language; those of a list are of one kind, separated by bars.

    Attributes:
        stubs: What heads the column of row labels.
        labels: Short row labels; `long_labels` need several lines in a narrow column.
        groups: What stands above several columns; `tops` above several groups.
        measures: What heads a column of numbers; `long_measures` need several lines.
        properties: What heads a column of words, and the words: `Status: open, closed`.
        money: How an amount is written, `{}` being the number.
        date: How `{d}`, `{m}` and `{y}` make a date.
    """

    caption: str
    captions: str
    stubs: str
    labels: str
    long_labels: str
    outer_labels: str
    sections: str
    total: str
    tops: str
    groups: str
    measures: str
    long_measures: str
    units: str
    properties: str
    dates: str
    codes: str
    remarks: str
    sentences: str
    notes: str
    missing: str
    prose: str
    money: str
    date: str
    thousands: str
    decimal: str

    def all(self, name: str) -> list[str]:
        """Return the list of that name."""
        whole: str = getattr(self, name)
        return [part.strip() for part in whole.split("|")]

    @property
    def alphabet(self) -> frozenset[str]:
        """All letters that a font must have."""
        return frozenset("".join(getattr(self, field.name) for field in fields(self)) + MARKS) - set("|{}\n")


_ENGLISH = Vocabulary(
    caption="Table {}.",
    captions=(
        "Revenue and operating costs by region | Results of the annual survey of households | Composition of the samples after "
        "drying | Expenditure of the departments against budget | Baseline characteristics of the participants | Accuracy of the "
        "methods on three collections | Contracts awarded in the reporting period, by type of procedure and by the office "
        "responsible | Water quality at the monitoring stations | Staff by grade and length of service | Energy use of buildings"
    ),
    stubs=("Region | Item | Department | Station | Method | Variable | Category | Product | Year | Account | Programme"),
    labels=(
        "North | South | East coast | West | Central office | Harbour | Upper valley | Revenue | Salaries | Rent | Materials | "
        "Transport | Insurance | Training | Travel | Software | Maintenance | Advertising | Depreciation | Interest | Taxes | "
        "Baseline | Control | Linear model | Ridge regression | Random forest | Boosted trees | Nitrate | Phosphate | Chloride | "
        "Oxygen | Turbidity | Households | Schools | Hospitals | Libraries | Museums | Bridges | Public lighting | Waste "
        "collection"
    ),
    long_labels=(
        "Repairs and maintenance of public buildings | Grants to non-profit organisations and associations | Employer "
        "contributions to pension schemes | Net income from financial investments | Patients with at least one follow-up visit | "
        "Costs of external consultants and experts | Other receivables, including prepaid expenses | Share of households with "
        "access to fibre | Participants who completed the second interview | Purchase of vehicles and heavy equipment"
    ),
    outer_labels=(
        "Urban | Rural | Coastal | Schools | Offices | Group A | Group B | Phase I | Phase II | Direct costs | Indirect costs"
    ),
    sections=(
        "Current assets | Non-current assets | Operating activities | Financing activities | Panel A: full sample | Panel B: "
        "urban sample | Demographic characteristics | Laboratory values | Services to citizens | Infrastructure | Culture and "
        "sport"
    ),
    total="Total",
    tops="Reporting period | All stations | Consolidated figures | Observed outcomes",
    groups=(
        "First half | Second half | Domestic | Abroad | Training set | Test set | Women | Men | Planned | Actual | Treatment | "
        "Control group | Budget | Outcome | Before renovation | After renovation"
    ),
    measures=(
        "2021 | 2022 | 2023 | 2024 | Mean | Median | Min | Max | Count | Share | Change | Budget | Actual | Plan | Q1 | Q2 | Q3 "
        "| Q4 | Area | Weight | Length | Score | Rate | Index | Cost | Price | SD"
    ),
    long_measures=(
        "Number of employees | Average monthly income | Change against previous year | Share of total | Cost per inhabitant | "
        "Standard error of the mean | Response rate | Amount approved | Amount paid out"
    ),
    units="% | USD m | kg | t | km | thousand | mg/L | points | hours | persons",
    properties=(
        "Status: Approved, Pending, Rejected, Under review, Closed | Type: Open, Restricted, Negotiated, Framework | Priority: "
        "High, Medium, Low | Responsible: Finance, Legal, Works, Health, Planning office | Frequency: Monthly, Weekly, Every two "
        "years, Daily | Result: Passed, Failed, Passed with conditions | Material: Steel, Oak, Concrete, Glass wool, Aluminium"
    ),
    dates="Date | Start | End | Due on | Signed",
    codes="No. | Code | File number",
    remarks="Remarks | Description | Measures taken | Legal basis | Comment",
    sentences=(
        "The contract was extended by one year. | Samples were taken at a depth of two metres and stored cold until analysis. | "
        "No objections were received. | Works begin after the school holidays. | Figures were revised after the audit of the "
        "previous year. | Applies to new buildings only. | Delivery within ten working days of the order. | Includes all costs "
        "of transport and assembly. | The committee asked for a second opinion. | Replaced by the regulation of May. | Data for "
        "two stations are missing because of the flood. | Payment in three instalments."
    ),
    notes=(
        "Preliminary figures. | Including prepaid amounts. | Revised after the audit. | Without the harbour district. | "
        "Significant at the five per cent level. | Values below the limit of detection were set to zero. | Source: annual "
        "accounts of the municipality, own calculations."
    ),
    missing="n/a | not available | see notes",
    prose=(
        "The results for the reporting period are better than in the year before. | Most of the increase comes from the larger "
        "towns, where new lines were opened in spring. | Costs of energy fell for the second year in a row. | We repeated the "
        "measurements with a second instrument and found the same differences. | The committee discussed the figures in its "
        "meeting in June and asked the offices to report on their measures. | Details on the method are given in the annex. | "
        "Smaller stations report once a quarter, larger ones every month. | Where values are missing, neighbouring stations were "
        "used instead. | The table shows the most important figures. | Compared with other regions the share of external "
        "financing remains low. | A further survey is planned for next year."
    ),
    money="${}",
    date="{y}-{m:02d}-{d:02d}",
    thousands=",",
    decimal=".",
)

_KOREAN = Vocabulary(
    caption="표 {}.",
    captions=(
        "지역별 매출 및 영업비용 현황 | 연간 가구 조사 결과 | 건조 후 시료의 조성 | 부서별 예산 집행 실적 | 연구 대상자의 일반적 "
        "특성 | 세 가지 자료에 대한 방법별 정확도 비교 | 보고 기간 중 체결된 계약의 유형별 및 담당 부서별 현황 | 측정소별 수질 "
        "측정 결과 | 직급별 근속연수별 인원 | 건물 에너지 사용량"
    ),
    stubs="구분 | 항목 | 지역 | 부서명 | 측정소 | 방법 | 변수 | 품목 | 연도 | 계정과목 | 사업명",
    labels=(
        "서울 | 부산 | 대구 | 인천 | 광주 | 대전 | 울산 | 경기도 | 강원도 | 제주도 | 매출액 | 인건비 | 임차료 | 재료비 | 운송비 "
        "| 보험료 | 교육훈련비 | 출장비 | 소프트웨어 | 유지보수 | 광고선전비 | 감가상각비 | 이자비용 | 세금과공과 | 대조군 | "
        "선형 회귀 | 랜덤 포레스트 | 질산염 | 인산염 | 염소 이온 | 용존산소 | 탁도 | 가구 | 학교 | 병원 | 도서관 | 박물관 | 교량 "
        "| 가로등 | 폐기물 수거"
    ),
    long_labels=(
        "공공건물 보수 및 유지 관리 비용 | 비영리 단체 및 협회에 대한 보조금 | 사용자 부담 퇴직연금 기여금 | 금융 투자에서 "
        "발생한 순이익 | 추적 관찰을 한 번 이상 받은 환자 | 외부 자문 및 전문가 활용 비용 | 선급비용을 포함한 기타 미수금 | "
        "광통신망을 이용할 수 있는 가구의 비율 | 차량 및 중장비 구입"
    ),
    outer_labels="도시 | 농촌 | 해안 | 본사 | 지사 | 가 집단 | 나 집단 | 일 단계 | 이 단계 | 직접비 | 간접비",
    sections=(
        "유동자산 | 비유동자산 | 영업활동 현금흐름 | 재무활동 현금흐름 | 전체 표본 | 도시 표본 | 인구학적 특성 | 검사 수치 | "
        "주민 서비스 | 기반 시설 | 문화 및 체육"
    ),
    total="합계",
    tops="보고 기간 | 전체 측정소 | 연결 기준 | 관찰 결과",
    groups=(
        "상반기 | 하반기 | 국내 | 해외 | 학습 자료 | 평가 자료 | 여성 | 남성 | 계획 | 실적 | 처리 집단 | 대조 집단 | 예산 | 결산 "
        "| 개선 전 | 개선 후"
    ),
    measures=(
        "2021년 | 2022년 | 2023년 | 2024년 | 평균 | 중앙값 | 최소 | 최대 | 건수 | 비율 | 증감 | 예산 | 실적 | 계획 | 면적 | 무게 "
        "| 길이 | 점수 | 지수 | 비용 | 단가 | 인원"
    ),
    long_measures=(
        "종업원 수 | 월평균 소득 | 전년 대비 증감률 | 전체 대비 비중 | 주민 일인당 비용 | 평균의 표준 오차 | 응답률 | 승인 금액 "
        "| 집행 금액"
    ),
    units="% | 백만원 | kg | 톤 | km | 천명 | mg/L | 점 | 시간 | 명",
    properties=(
        "상태: 승인, 검토 중, 반려, 완료, 보류 | 유형: 일반경쟁, 제한경쟁, 수의계약, 협상계약 | 우선순위: 높음, 보통, 낮음 | "
        "담당: 재무과, 법무과, 건설과, 보건소, 도시계획과 | 주기: 매월, 매주, 격년, 매일 | 결과: 합격, 불합격, 조건부 합격 | "
        "재질: 강철, 참나무, 콘크리트, 유리섬유, 알루미늄"
    ),
    dates="날짜 | 시작일 | 종료일 | 납기일 | 체결일",
    codes="번호 | 코드 | 문서번호",
    remarks="비고 | 내용 | 조치 사항 | 법적 근거 | 의견",
    sentences=(
        "계약 기간을 일 년 연장하였다. | 수심 이 미터에서 시료를 채취하여 분석할 때까지 냉장 보관하였다. | 이의 신청이 없었다. | "
        "공사는 방학이 끝난 뒤에 시작한다. | 전년도 감사 이후 수치를 수정하였다. | 신축 건물에만 적용한다. | 주문 후 열흘 이내에 "
        "납품한다. | 운송비와 설치비를 모두 포함한다. | 위원회가 추가 의견을 요청하였다. | 오월에 개정된 규정으로 대체되었다. | "
        "홍수로 인하여 두 측정소의 자료가 누락되었다. | 세 차례에 나누어 지급한다."
    ),
    notes=(
        "잠정치임. | 선급금을 포함함. | 감사 이후 수정한 값임. | 항만 지역은 제외함. | 오 퍼센트 수준에서 유의함. | 검출 한계 "
        "미만의 값은 영으로 처리함. | 자료: 연차 결산 보고서를 바탕으로 작성."
    ),
    missing="해당 없음 | 자료 없음 | 비고 참조",
    prose=(
        "보고 기간의 실적은 전년도보다 개선되었다. | 증가분의 대부분은 봄에 새로운 노선이 개통된 대도시에서 발생하였다. | 에너지 "
        "비용은 이 년 연속 감소하였다. | 다른 장비로 측정을 반복하였으나 같은 차이가 나타났다. | 위원회는 유월 회의에서 수치를 "
        "논의하고 각 부서에 조치 결과를 보고하도록 요청하였다. | 방법에 대한 자세한 내용은 부록에 제시하였다. | 작은 측정소는 "
        "분기마다, 큰 측정소는 매월 보고한다. | 값이 없는 경우에는 가까운 측정소의 값을 사용하였다. | 표에는 가장 중요한 수치를 "
        "정리하였다. | 다른 지역과 비교하면 외부 재원의 비중은 여전히 낮다. | 내년에 추가 조사를 실시할 예정이다."
    ),
    money="{}원",
    date="{y}. {m}. {d}.",
    thousands=",",
    decimal=".",
)

_VIETNAMESE = Vocabulary(
    caption="Bảng {}.",
    captions=(
        "Doanh thu và chi phí hoạt động theo vùng | Kết quả điều tra hộ gia đình hằng năm | Thành phần của mẫu sau khi sấy | Chi "
        "tiêu của các phòng ban so với dự toán | Đặc điểm chung của người tham gia | Độ chính xác của các phương pháp trên ba bộ "
        "dữ liệu | Các hợp đồng đã ký trong kỳ báo cáo theo hình thức đấu thầu và theo đơn vị phụ trách | Chất lượng nước tại "
        "các trạm quan trắc | Số cán bộ theo ngạch và thâm niên | Mức tiêu thụ năng lượng của các tòa nhà"
    ),
    stubs=("Vùng | Chỉ tiêu | Phòng ban | Trạm | Phương pháp | Biến số | Danh mục | Sản phẩm | Năm | Tài khoản | Chương trình"),
    labels=(
        "Hà Nội | Hải Phòng | Đà Nẵng | Cần Thơ | Huế | Miền Bắc | Miền Trung | Tây Nguyên | Doanh thu | Tiền lương | Tiền thuê "
        "| Vật liệu | Vận chuyển | Bảo hiểm | Đào tạo | Công tác phí | Phần mềm | Bảo trì | Quảng cáo | Khấu hao | Lãi vay | "
        "Thuế | Nhóm chứng | Hồi quy tuyến tính | Rừng ngẫu nhiên | Nitrat | Phốt phát | Clorua | Ôxy hòa tan | Độ đục | Hộ gia "
        "đình | Trường học | Bệnh viện | Thư viện | Bảo tàng | Cầu đường | Chiếu sáng | Thu gom rác"
    ),
    long_labels=(
        "Sửa chữa và bảo dưỡng các công trình công cộng | Hỗ trợ cho các tổ chức và hiệp hội phi lợi nhuận | Đóng góp của người "
        "sử dụng lao động vào quỹ hưu trí | Thu nhập thuần từ đầu tư tài chính | Bệnh nhân được tái khám ít nhất một lần | Chi "
        "phí thuê chuyên gia và tư vấn bên ngoài | Các khoản phải thu khác kể cả chi phí trả trước | Tỷ lệ hộ gia đình có kết "
        "nối cáp quang | Mua sắm phương tiện và thiết bị nặng"
    ),
    outer_labels=(
        "Thành thị | Nông thôn | Ven biển | Trụ sở | Chi nhánh | Nhóm A | Nhóm B | Giai đoạn I | Giai đoạn II | Trực tiếp | Gián "
        "tiếp"
    ),
    sections=(
        "Tài sản ngắn hạn | Tài sản dài hạn | Hoạt động kinh doanh | Hoạt động tài chính | Phần A: toàn bộ mẫu | Phần B: mẫu "
        "thành thị | Đặc điểm nhân khẩu | Kết quả xét nghiệm | Dịch vụ công | Hạ tầng | Văn hóa và thể thao"
    ),
    total="Tổng cộng",
    tops="Kỳ báo cáo | Tất cả các trạm | Số liệu hợp nhất | Kết quả quan sát",
    groups=(
        "Sáu tháng đầu | Sáu tháng cuối | Trong nước | Nước ngoài | Tập huấn luyện | Tập kiểm tra | Nữ | Nam | Kế hoạch | Thực "
        "hiện | Nhóm can thiệp | Nhóm chứng | Dự toán | Quyết toán | Trước cải tạo | Sau cải tạo"
    ),
    measures=(
        "2021 | 2022 | 2023 | 2024 | Trung bình | Trung vị | Nhỏ nhất | Lớn nhất | Số lượng | Tỷ lệ | Tăng giảm | Dự toán | Thực "
        "hiện | Kế hoạch | Quý I | Quý II | Diện tích | Khối lượng | Độ dài | Điểm | Chỉ số | Chi phí | Đơn giá | Số người"
    ),
    long_measures=(
        "Số lao động | Thu nhập bình quân tháng | Thay đổi so với năm trước | Tỷ trọng trong tổng số | Chi phí trên đầu người | "
        "Sai số chuẩn của trung bình | Tỷ lệ trả lời | Số tiền được duyệt | Số tiền đã chi"
    ),
    units="% | triệu đồng | kg | tấn | km | nghìn người | mg/L | điểm | giờ | người",
    properties=(
        "Tình trạng: Đã duyệt, Đang chờ, Từ chối, Đang xem xét, Hoàn thành | Hình thức: Rộng rãi, Hạn chế, Chỉ định thầu, Chào "
        "hàng | Ưu tiên: Cao, Trung bình, Thấp | Phụ trách: Tài chính, Pháp chế, Xây dựng, Y tế, Quy hoạch | Chu kỳ: Hằng tháng, "
        "Hằng tuần, Hai năm một lần | Kết quả: Đạt, Không đạt, Đạt có điều kiện | Vật liệu: Thép, Gỗ sồi, Bê tông, Bông thủy "
        "tinh, Nhôm"
    ),
    dates="Ngày | Bắt đầu | Kết thúc | Thời hạn | Ngày ký",
    codes="Số | Mã | Số hồ sơ",
    remarks="Ghi chú | Nội dung | Biện pháp đã thực hiện | Căn cứ pháp lý | Ý kiến",
    sentences=(
        "Hợp đồng được gia hạn thêm một năm. | Mẫu được lấy ở độ sâu hai mét và bảo quản lạnh đến khi phân tích. | Không có "
        "khiếu nại. | Công trình khởi công sau kỳ nghỉ hè. | Số liệu đã được điều chỉnh sau khi kiểm toán năm trước. | Chỉ áp "
        "dụng cho công trình mới. | Giao hàng trong vòng mười ngày kể từ khi đặt hàng. | Đã bao gồm chi phí vận chuyển và lắp "
        "đặt. | Hội đồng yêu cầu thêm ý kiến. | Được thay thế bởi quy định tháng năm. | Thiếu số liệu của hai trạm do lũ lụt. | "
        "Thanh toán thành ba đợt."
    ),
    notes=(
        "Số liệu sơ bộ. | Bao gồm các khoản trả trước. | Đã điều chỉnh sau kiểm toán. | Không tính khu vực cảng. | Có ý nghĩa ở "
        "mức năm phần trăm. | Các giá trị dưới ngưỡng phát hiện được tính bằng không. | Nguồn: báo cáo quyết toán hằng năm."
    ),
    missing="không có | không áp dụng | xem ghi chú",
    prose=(
        "Kết quả của kỳ báo cáo tốt hơn so với năm trước. | Phần lớn mức tăng đến từ các thành phố lớn, nơi các tuyến mới được "
        "mở vào mùa xuân. | Chi phí năng lượng giảm năm thứ hai liên tiếp. | Chúng tôi lặp lại phép đo bằng thiết bị thứ hai và "
        "nhận được cùng một sự khác biệt. | Hội đồng đã thảo luận các số liệu trong cuộc họp tháng sáu và yêu cầu các đơn vị báo "
        "cáo biện pháp của mình. | Chi tiết về phương pháp được trình bày trong phụ lục. | Các trạm nhỏ báo cáo hằng quý, các "
        "trạm lớn báo cáo hằng tháng. | Khi thiếu giá trị, số liệu của các trạm lân cận được sử dụng. | Bảng này trình bày các "
        "số liệu quan trọng nhất. | So với các vùng khác, tỷ trọng vốn bên ngoài vẫn còn thấp. | Một cuộc điều tra tiếp theo "
        "được dự kiến vào năm sau."
    ),
    money="{} đ",
    date="{d:02d}/{m:02d}/{y}",
    thousands=".",
    decimal=",",
)

VOCABULARIES: Final[dict[Language, Vocabulary]] = {"en": _ENGLISH, "ko": _KOREAN, "vi": _VIETNAMESE}
